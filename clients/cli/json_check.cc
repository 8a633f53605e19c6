#include "clients/cli/json_check.h"

#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"
#include "nlohmann/json.hpp"

namespace tarazy {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;
using google::protobuf::util::TimeUtil;
using nlohmann::json;

const FieldDescriptor* FindField(const Descriptor& type,
                                 const std::string& key) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->name() == key || field->json_name() == key) return field;
  }
  return nullptr;
}

std::string FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->name());
  }
  return absl::StrJoin(names, ", ");
}

std::string ValueNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(type.value(i)->name());
  }
  return absl::StrJoin(names, ", ");
}

class Checker {
 public:
  std::vector<std::string> Take() { return std::move(problems_); }

  void CheckMessage(const json& value, const Descriptor& type,
                    const std::string& place) {
    if (!value.is_object()) return Problem(place, "must be an object");
    std::map<const FieldDescriptor*, std::string> seen;
    std::map<const OneofDescriptor*, std::string> chosen;
    for (const auto& [key, member] : value.items()) {
      const std::string inner =
          place.empty() ? key : absl::StrCat(place, ".", key);
      const FieldDescriptor* field = FindField(type, key);
      if (field == nullptr) {
        Problem(inner,
                absl::StrCat("no such field; known here: ", FieldNames(type)));
        continue;
      }
      if (!seen.emplace(field, key).second) {
        Problem(inner,
                absl::StrCat("is given twice, as `", seen[field], "` too"));
      }
      if (member.is_null()) continue;  // as if it were absent
      const OneofDescriptor* oneof = field->real_containing_oneof();
      if (oneof != nullptr && !chosen.emplace(oneof, key).second) {
        Problem(inner, absl::StrCat("can't be given beside `", chosen[oneof],
                                    "`: only one of them"));
      }
      CheckField(member, *field, inner);
    }
  }

 private:
  void Problem(const std::string& place, const std::string& problem) {
    problems_.push_back(place.empty()
                            ? absl::StrCat("the request ", problem)
                            : absl::StrCat("`", place, "`: ", problem));
  }

  void CheckField(const json& value, const FieldDescriptor& field,
                  const std::string& place) {
    if (field.is_map()) {
      if (!value.is_object()) return Problem(place, "must be an object");
      for (const auto& [key, member] : value.items()) {
        CheckSingle(member, *field.message_type()->map_value(),
                    absl::StrCat(place, "[\"", key, "\"]"));
      }
    } else if (field.is_repeated()) {
      if (!value.is_array()) return Problem(place, "must be an array");
      for (size_t i = 0; i < value.size(); ++i) {
        CheckSingle(value[i], field, absl::StrCat(place, "[", i, "]"));
      }
    } else {
      CheckSingle(value, field, place);
    }
  }

  void CheckSingle(const json& value, const FieldDescriptor& field,
                   const std::string& place) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return CheckMessageField(value, *field.message_type(), place);
      case FieldDescriptor::CPPTYPE_ENUM:
        return CheckEnum(value, *field.enum_type(), place);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!value.is_boolean()) Problem(place, "must be true or false");
        return;
      case FieldDescriptor::CPPTYPE_STRING:
        if (!value.is_string()) Problem(place, "must be a string");
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        return CheckInteger<int32_t>(value, place);
      case FieldDescriptor::CPPTYPE_UINT32:
        return CheckInteger<uint32_t>(value, place);
      case FieldDescriptor::CPPTYPE_INT64:
        return CheckInteger<int64_t>(value, place);
      case FieldDescriptor::CPPTYPE_UINT64:
        return CheckInteger<uint64_t>(value, place);
      default:
        if (!value.is_number()) Problem(place, "must be a number");
    }
  }

  void CheckMessageField(const json& value, const Descriptor& type,
                         const std::string& place) {
    if (type.full_name() == "google.protobuf.Timestamp") {
      google::protobuf::Timestamp instant;
      if (!value.is_string() ||
          !TimeUtil::FromString(value.get<std::string>(), &instant)) {
        Problem(
            place,
            "must be an instant, for example \"2026-03-10T10:00:00+05:00\"");
      }
    } else if (type.full_name() == "google.protobuf.Duration") {
      google::protobuf::Duration duration;
      if (!value.is_string() ||
          !TimeUtil::FromString(value.get<std::string>(), &duration)) {
        Problem(place, "must be a duration in seconds, for example \"1.5s\"");
      }
    } else {
      CheckMessage(value, type, place);
    }
  }

  void CheckEnum(const json& value, const EnumDescriptor& type,
                 const std::string& place) {
    if (value.is_string() &&
        type.FindValueByName(value.get<std::string>()) != nullptr) {
      return;
    }
    Problem(place, absl::StrCat("must be one of ", ValueNames(type)));
  }

  // A number, or a string of digits as JSON writers give 64-bit numbers.
  template <typename T>
  void CheckInteger(const json& value, const std::string& place) {
    const std::string text = value.is_string() ? value.get<std::string>()
                             : value.is_number_integer() ? value.dump()
                                                         : "";
    T number = 0;
    if (!absl::SimpleAtoi(text, &number)) {
      Problem(place, absl::StrCat("must be a whole number from ",
                                  std::numeric_limits<T>::min(), " to ",
                                  std::numeric_limits<T>::max()));
    }
  }

  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> CheckJson(const json& value, const Descriptor& type) {
  Checker checker;
  checker.CheckMessage(value, type, "");
  return checker.Take();
}

}  // namespace tarazy
