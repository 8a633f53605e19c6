// Prints schemas in the JSON syntax, keys in the order of the format's own
// description, names sorted.

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/json.h"
#include "policy/cedar/schema_json.h"
#include "policy/cedar/schema_printing.h"

namespace tarazy {

namespace {

// Writes objects and arrays with their commas and indentation.
class JsonWriter {
 public:
  void Begin(char open) {
    out_.push_back(open);
    first_ = true;
    ++level_;
  }
  void End(char close) {
    --level_;
    if (!first_) NewLine();
    out_.push_back(close);
    first_ = false;
  }
  // Before each member or item.
  void Item() {
    if (!first_) out_.push_back(',');
    first_ = false;
    NewLine();
  }
  void Key(absl::string_view key) {
    Item();
    absl::StrAppend(&out_, JsonQuote(key), ": ");
  }
  void String(absl::string_view text) { out_ += JsonQuote(text); }
  void Word(absl::string_view word) { absl::StrAppend(&out_, word); }
  std::string Take() { return std::move(out_); }

 private:
  void NewLine() {
    out_.push_back('\n');
    out_.append(static_cast<size_t>(2 * level_), ' ');
  }
  std::string out_;
  int level_ = 0;
  bool first_ = true;
};

class Printer {
 public:
  std::string Print(const SchemaFragment& fragment) {
    out_.Begin('{');
    for (const SchemaNamespace* ns :
         Sorted(fragment.namespaces,
                [](const SchemaNamespace& n) { return n.name.text; })) {
      out_.Key(ns->name.text);
      PrintNamespace(*ns);
    }
    out_.End('}');
    return out_.Take();
  }

 private:
  void PrintNamespace(const SchemaNamespace& ns) {
    const auto by_name = [](const auto& decl) { return decl.name.text; };
    out_.Begin('{');
    if (!ns.common_types.empty()) {
      out_.Key("commonTypes");
      out_.Begin('{');
      for (const CommonTypeDecl* decl : Sorted(ns.common_types, by_name)) {
        out_.Key(decl->name.text);
        out_.Begin('{');
        PrintTypeMembers(decl->type);
        PrintAnnotations(decl->annotations);
        out_.End('}');
      }
      out_.End('}');
    }
    out_.Key("entityTypes");
    out_.Begin('{');
    for (const EntityTypeDecl* decl : Sorted(ns.entity_types, by_name)) {
      out_.Key(decl->name.text);
      PrintEntityType(*decl);
    }
    out_.End('}');
    out_.Key("actions");
    out_.Begin('{');
    for (const ActionDecl* decl :
         Sorted(ns.actions, [](const ActionDecl& d) { return d.id.text; })) {
      out_.Key(decl->id.text);
      PrintAction(*decl);
    }
    out_.End('}');
    PrintAnnotations(ns.annotations);
    out_.End('}');
  }

  void PrintAnnotations(const std::vector<Annotation>& annotations) {
    if (annotations.empty()) return;
    out_.Key("annotations");
    out_.Begin('{');
    for (const Annotation* a :
         Sorted(annotations, [](const Annotation& x) { return x.name; })) {
      out_.Key(a->name);
      out_.String(a->value);
    }
    out_.End('}');
  }

  void PrintNames(absl::string_view key, const std::vector<SchemaName>& names) {
    out_.Key(key);
    out_.Begin('[');
    for (const SchemaName& name : names) {
      out_.Item();
      out_.String(name.text);
    }
    out_.End(']');
  }

  void PrintEntityType(const EntityTypeDecl& decl) {
    out_.Begin('{');
    if (!decl.enum_ids.empty()) PrintNames("enum", decl.enum_ids);
    if (!decl.member_of.empty()) PrintNames("memberOfTypes", decl.member_of);
    if (!IsEmptyRecord(decl.shape)) PrintType("shape", decl.shape);
    if (decl.tags.has_value()) PrintType("tags", *decl.tags);
    PrintAnnotations(decl.annotations);
    out_.End('}');
  }

  void PrintAction(const ActionDecl& decl) {
    out_.Begin('{');
    if (decl.applies_to.has_value()) {
      out_.Key("appliesTo");
      out_.Begin('{');
      PrintNames("principalTypes", decl.applies_to->principals);
      PrintNames("resourceTypes", decl.applies_to->resources);
      if (!IsEmptyRecord(decl.applies_to->context)) {
        PrintType("context", decl.applies_to->context);
      }
      out_.End('}');
    }
    if (!decl.member_of.empty()) {
      out_.Key("memberOf");
      out_.Begin('[');
      for (const ActionRef& ref : decl.member_of) {
        out_.Item();
        out_.Begin('{');
        out_.Key("id");
        out_.String(ref.id.text);
        if (!ref.type.text.empty()) {
          out_.Key("type");
          out_.String(ref.type.text);
        }
        out_.End('}');
      }
      out_.End(']');
    }
    PrintAnnotations(decl.annotations);
    out_.End('}');
  }

  static bool IsEmptyRecord(const SchemaTypeExpr& type) {
    return type.kind == SchemaTypeKind::kRecord && type.attributes.empty();
  }

  void PrintType(absl::string_view key, const SchemaTypeExpr& type) {
    out_.Key(key);
    out_.Begin('{');
    PrintTypeMembers(type);
    out_.End('}');
  }

  void PrintTypeMembers(const SchemaTypeExpr& type) {
    out_.Key("type");
    switch (type.kind) {
      case SchemaTypeKind::kBool:
        out_.String("Boolean");
        return;
      case SchemaTypeKind::kLong:
        out_.String("Long");
        return;
      case SchemaTypeKind::kString:
        out_.String("String");
        return;
      case SchemaTypeKind::kCommon:
        out_.String(type.name.text);
        return;
      case SchemaTypeKind::kExtension:
        PrintNamed("Extension", type);
        return;
      case SchemaTypeKind::kEntity:
        PrintNamed("Entity", type);
        return;
      case SchemaTypeKind::kEntityOrCommon:
        PrintNamed("EntityOrCommon", type);
        return;
      case SchemaTypeKind::kSet:
        out_.String("Set");
        PrintType("element", type.element[0]);
        return;
      case SchemaTypeKind::kRecord:
        break;
    }
    out_.String("Record");
    out_.Key("attributes");
    out_.Begin('{');
    for (const SchemaAttribute* attribute :
         Sorted(type.attributes, [](const auto& a) { return a.name.text; })) {
      out_.Key(attribute->name.text);
      out_.Begin('{');
      PrintTypeMembers(attribute->type);
      PrintAnnotations(attribute->annotations);
      if (!attribute->required) {
        out_.Key("required");
        out_.Word("false");
      }
      out_.End('}');
    }
    out_.End('}');
  }

  void PrintNamed(absl::string_view word, const SchemaTypeExpr& type) {
    out_.String(word);
    out_.Key("name");
    out_.String(type.name.text);
  }

  JsonWriter out_;
};

}  // namespace

std::string PrintSchemaJson(const SchemaFragment& fragment) {
  return Printer().Print(fragment);
}

}  // namespace tarazy
