// Prints schemas in the human syntax: namespaces, then common types, entity
// types and actions, each sorted by name.

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/names.h"
#include "policy/cedar/schema_printing.h"
#include "policy/cedar/schema_text.h"
#include "policy/cedar/text.h"

namespace tarazy {

namespace {

std::string Quote(absl::string_view text) {
  return absl::StrCat("\"", EscapeString(text), "\"");
}

std::string NameOrQuote(absl::string_view text) {
  return IsNamePart(text) ? std::string(text) : Quote(text);
}

std::string Indent(int level) {
  return std::string(static_cast<size_t>(2 * level), ' ');
}

class Printer {
 public:
  std::string Print(const SchemaFragment& fragment) {
    for (const SchemaNamespace* ns :
         Sorted(fragment.namespaces,
                [](const SchemaNamespace& n) { return n.name.text; })) {
      if (!out_.empty()) out_ += "\n";
      const int level = ns->name.text.empty() ? 0 : 1;
      if (level > 0) {
        PrintAnnotations(ns->annotations, 0);
        absl::StrAppend(&out_, "namespace ", ns->name.text, " {\n");
      }
      PrintDeclarations(*ns, level);
      if (level > 0) out_ += "}\n";
    }
    return std::move(out_);
  }

 private:
  void PrintDeclarations(const SchemaNamespace& ns, int level) {
    for (const auto* decl :
         Sorted(ns.common_types, [](const auto& d) { return d.name.text; })) {
      PrintAnnotations(decl->annotations, level);
      absl::StrAppend(&out_, Indent(level), "type ", decl->name.text, " = ");
      PrintType(decl->type, level);
      out_ += ";\n";
    }
    for (const auto* decl :
         Sorted(ns.entity_types, [](const auto& d) { return d.name.text; })) {
      PrintEntityType(*decl, level);
    }
    for (const auto* decl :
         Sorted(ns.actions, [](const auto& d) { return d.id.text; })) {
      PrintAction(*decl, level);
    }
  }

  void PrintAnnotations(const std::vector<Annotation>& annotations, int level) {
    for (const auto* a :
         Sorted(annotations, [](const Annotation& x) { return x.name; })) {
      absl::StrAppend(&out_, Indent(level), "@", a->name);
      if (!a->value.empty()) absl::StrAppend(&out_, "(", Quote(a->value), ")");
      out_ += "\n";
    }
  }

  void PrintNames(const std::vector<SchemaName>& names) {
    absl::StrAppend(&out_, "[",
                    absl::StrJoin(names, ", ",
                                  [](std::string* out, const SchemaName& n) {
                                    out->append(n.text);
                                  }),
                    "]");
  }

  void PrintEntityType(const EntityTypeDecl& decl, int level) {
    PrintAnnotations(decl.annotations, level);
    absl::StrAppend(&out_, Indent(level), "entity ", decl.name.text);
    if (!decl.enum_ids.empty()) {
      absl::StrAppend(&out_, " enum [",
                      absl::StrJoin(decl.enum_ids, ", ",
                                    [](std::string* out, const SchemaName& n) {
                                      out->append(Quote(n.text));
                                    }),
                      "]");
    }
    if (!decl.member_of.empty()) {
      out_ += " in ";
      PrintNames(decl.member_of);
    }
    if (!decl.shape.attributes.empty()) {
      out_ += " = ";
      PrintType(decl.shape, level);
    }
    if (decl.tags.has_value()) {
      out_ += " tags ";
      PrintType(*decl.tags, level);
    }
    out_ += ";\n";
  }

  void PrintAction(const ActionDecl& decl, int level) {
    PrintAnnotations(decl.annotations, level);
    absl::StrAppend(&out_, Indent(level), "action ", NameOrQuote(decl.id.text));
    if (!decl.member_of.empty()) {
      absl::StrAppend(&out_, " in [",
                      absl::StrJoin(decl.member_of, ", ",
                                    [](std::string* out, const ActionRef& ref) {
                                      if (ref.type.text.empty()) {
                                        out->append(NameOrQuote(ref.id.text));
                                      } else {
                                        absl::StrAppend(
                                            out, ref.type.text,
                                            "::", Quote(ref.id.text));
                                      }
                                    }),
                      "]");
    }
    // Without principals or without resources the action has no request, and
    // the human syntax says so by leaving `appliesTo` out.
    if (decl.applies_to.has_value() && !decl.applies_to->principals.empty() &&
        !decl.applies_to->resources.empty()) {
      const std::string indent = Indent(level + 1);
      absl::StrAppend(&out_, " appliesTo {\n", indent, "principal: ");
      PrintNames(decl.applies_to->principals);
      absl::StrAppend(&out_, ",\n", indent, "resource: ");
      PrintNames(decl.applies_to->resources);
      absl::StrAppend(&out_, ",\n", indent, "context: ");
      PrintType(decl.applies_to->context, level + 1);
      absl::StrAppend(&out_, ",\n", Indent(level), "}");
    }
    out_ += ";\n";
  }

  void PrintType(const SchemaTypeExpr& type, int level) {
    switch (type.kind) {
      case SchemaTypeKind::kBool:
        out_ += "__cedar::Bool";
        return;
      case SchemaTypeKind::kLong:
        out_ += "__cedar::Long";
        return;
      case SchemaTypeKind::kString:
        out_ += "__cedar::String";
        return;
      case SchemaTypeKind::kExtension:
        absl::StrAppend(&out_, "__cedar::", type.name.text);
        return;
      case SchemaTypeKind::kEntity:
      case SchemaTypeKind::kCommon:
      case SchemaTypeKind::kEntityOrCommon:
        out_ += type.name.text;
        return;
      case SchemaTypeKind::kSet:
        out_ += "Set<";
        PrintType(type.element[0], level);
        out_ += ">";
        return;
      case SchemaTypeKind::kRecord:
        break;
    }
    if (type.attributes.empty()) {
      out_ += "{}";
      return;
    }
    out_ += "{\n";
    for (const auto* attribute :
         Sorted(type.attributes, [](const auto& a) { return a.name.text; })) {
      PrintAnnotations(attribute->annotations, level + 1);
      absl::StrAppend(&out_, Indent(level + 1),
                      NameOrQuote(attribute->name.text),
                      attribute->required ? ": " : "?: ");
      PrintType(attribute->type, level + 1);
      out_ += ",\n";
    }
    absl::StrAppend(&out_, Indent(level), "}");
  }

  std::string out_;
};

}  // namespace

absl::optional<std::string> PrintSchemaText(const SchemaFragment& fragment,
                                            Diagnostics* diagnostics) {
  bool ok = true;
  auto refuse = [&](const SchemaName& name, std::string message) {
    Diagnostic d;
    d.code = "schema/no-text-form";
    d.source = fragment.source;
    d.span = name.span;
    d.message = std::move(message);
    diagnostics->push_back(std::move(d));
    ok = false;
  };
  for (const SchemaNamespace& ns : fragment.namespaces) {
    std::set<std::string> commons;
    for (const CommonTypeDecl& decl : ns.common_types) {
      commons.insert(decl.name.text);
    }
    for (const EntityTypeDecl& decl : ns.entity_types) {
      const std::string full = Qualify(ns.name.text, decl.name.text);
      if (!ns.name.text.empty() && commons.count(decl.name.text) > 0) {
        refuse(decl.name,
               absl::StrCat("`", full, "` names an entity type and a common ",
                            "type, which the human syntax can't tell apart"));
      }
      if (decl.shape.kind != SchemaTypeKind::kRecord) {
        refuse(decl.name,
               absl::StrCat("the shape of `", full, "` is not written as a ",
                            "record, as the human syntax needs it"));
      }
    }
  }
  if (!ok) return absl::nullopt;
  return Printer().Print(fragment);
}

}  // namespace tarazy
