#include "tests/bench/policy/worlds.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tarazy {
namespace {

std::string Uid(const char* type, int id) {
  return absl::StrCat(R"({"type": ")", type, R"(", "id": ")", id, R"("})");
}

std::string RequestText(int user, int document, const std::string& context) {
  return absl::StrCat(R"({"principal": )", Uid("User", user),
                      R"(, "action": {"type": "Action", "id": "view"})",
                      R"(, "resource": )", Uid("Doc", document),
                      R"(, "context": )", context, "}");
}

}  // namespace

BenchWorld ScopedWorld(int count) {
  BenchWorld world;
  world.name = absl::StrCat("scoped/", count);
  std::vector<std::string> entities;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&world.policies, "permit(principal == User::\"", i,
                    "\", action == Action::\"view\", resource == Doc::\"", i,
                    "\") when { context.level >= ", i % 5,
                    " && context.zone != \"closed\" };\n");
  }
  world.entities = "[]";
  for (int i = 0; i < 64; ++i) {
    const int at = static_cast<int>(int64_t{i} * 2654435761 % count);
    world.requests.push_back(
        RequestText(at, at, R"({"level": 4, "zone": "open"})"));
  }
  return world;
}

BenchWorld EntityWorld() {
  constexpr int kUsers = 9000;
  constexpr int kGroups = 1000;  // a hundred chains of ten
  BenchWorld world;
  world.name = "entities";
  std::vector<std::string> entities;
  for (int i = 0; i < kGroups; ++i) {
    const std::string parents = i % 10 == 9 ? "" : Uid("Group", i + 1);
    entities.push_back(absl::StrCat(R"({"uid": )", Uid("Group", i),
                                    R"(, "attrs": {}, "parents": [)", parents,
                                    "]}"));
  }
  for (int i = 0; i < kUsers; ++i) {
    entities.push_back(absl::StrCat(
        R"({"uid": )", Uid("User", i), R"(, "attrs": {"age": )", i % 90,
        R"(, "home": {"__entity": )", Uid("Group", i % kGroups),
        R"(}}, "parents": [)", Uid("Group", i % kGroups / 10 * 10), "]}"));
  }
  world.entities = absl::StrCat("[", absl::StrJoin(entities, ",\n"), "]");
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&world.policies, "permit(principal in Group::\"",
                    i * 10 + 9,
                    "\", action, resource) when { principal.home "
                    "in Group::\"",
                    i * 10 + 9, "\" && principal.age > 17 };\n");
  }
  for (int i = 0; i < 64; ++i) {
    world.requests.push_back(RequestText(i * 131 % kUsers, i, "{}"));
  }
  return world;
}

BenchWorld StringWorld() {
  BenchWorld world;
  world.name = "strings";
  const std::string filler(200, 'x');
  for (int i = 0; i < 20; ++i) {
    absl::StrAppend(&world.policies,
                    "permit(principal, action, resource) when { "
                    "context.path like \"/srv/*/area",
                    i,
                    "/*.pdf\" && "
                    "[\"alpha\", \"beta\", \"gamma\", \"",
                    filler, i,
                    "\"].contains(context.tag) || context.title == \"", filler,
                    i, "\" };\n");
  }
  world.entities = "[]";
  for (int i = 0; i < 20; ++i) {
    world.requests.push_back(
        RequestText(i, i,
                    absl::StrCat(R"({"path": "/srv/)", filler, "/area", i, "/",
                                 filler, R"(.pdf", "tag": ")", filler, i,
                                 R"(", "title": ")", filler, R"("})")));
  }
  return world;
}

std::vector<BenchWorld> AllWorlds() {
  std::vector<BenchWorld> worlds;
  for (int count : {10, 100, 1000, 10000, 100000}) {
    worlds.push_back(ScopedWorld(count));
  }
  worlds.push_back(EntityWorld());
  worlds.push_back(StringWorld());
  return worlds;
}

}  // namespace tarazy
