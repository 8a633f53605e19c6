#include "server/service/check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/eval/extension.h"
#include "server/registers/field_check.h"

namespace tarazy {
namespace {

constexpr int kMaxListed = 64;  // codes, extensions, strings of a set
constexpr int kMaxEnumListed = 16;
constexpr size_t kIdBytes = 64;
constexpr size_t kCodeBytes = 128;
constexpr size_t kLongTextBytes = 256;
// As google.protobuf.Duration bounds itself: about 10,000 years.
constexpr int64_t kMaxDurationSeconds = 315576000000;

using Path = FieldPath;
constexpr Presence kOptional = Presence::kOptional;
constexpr Presence kRequired = Presence::kRequired;

// Keeps the first error of a list of checks.
class FirstError {
 public:
  FirstError& operator<<(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
    return *this;
  }
  absl::Status status() && { return std::move(status_); }

 private:
  absl::Status status_;
};

template <typename Message>
absl::Status CheckKnown(const Path& path, const Message& message) {
  static const google::protobuf::Reflection* const reflection =
      message.GetReflection();
  if (reflection->GetUnknownFields(message).empty()) return absl::OkStatus();
  return FieldError(path, "has a field that this server does not know");
}

absl::Status CheckTime(const Path& path, bool has,
                       const google::protobuf::Timestamp& timestamp) {
  int64_t ms;
  return has ? ReadTimestamp(path, timestamp, &ms) : absl::OkStatus();
}

absl::Status CheckPeriod(const Path& path, bool has, const v1::Period& period) {
  if (!has) return absl::OkStatus();
  int64_t from, until;
  FirstError first;
  first << CheckKnown(path, period) << ReadPeriod(path, period, &from, &until);
  return std::move(first).status();
}

// What stands at either end of a text and cannot be seen: white space of ASCII,
// the no-break space, and the spaces and marks without width of U+2000 to
// U+200F and U+FEFF.
bool HasUnseenEnd(absl::string_view text) {
  if (text.empty()) return false;
  const auto ascii = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  };
  const auto wide = [](absl::string_view c) {
    return c == "\xc2\xa0" || c == "\xef\xbb\xbf" ||
           (c.size() == 3 && c.substr(0, 2) == "\xe2\x80" &&
            static_cast<unsigned char>(c[2]) <= 0x8f);
  };
  if (ascii(text.front()) || ascii(text.back())) return true;
  for (const size_t bytes : {2, 3}) {
    if (text.size() < bytes) continue;
    if (wide(text.substr(0, bytes)) || wide(text.substr(text.size() - bytes))) {
      return true;
    }
  }
  return false;
}

// A text that policies compare or ask for: two that look alike are alike, and
// one that shows nothing is none.
absl::Status CheckCode(const Path& path, absl::string_view text,
                       size_t max_bytes) {
  const absl::Status status = CheckText(path, text, max_bytes, kOptional);
  if (!status.ok() || !HasUnseenEnd(text)) return status;
  return FieldError(path, "begins or ends with a space");
}

template <typename Texts>
absl::Status CheckTexts(const Path& parent, absl::string_view name,
                        const Texts& texts, size_t max_bytes) {
  FirstError first;
  first << CheckCount(Path(parent, name), texts.size(), kMaxListed);
  for (int i = 0; i < texts.size(); ++i) {
    first << CheckText(Path(parent, name, i), texts[i], max_bytes, kRequired);
  }
  return std::move(first).status();
}

template <typename Numbers>
absl::Status CheckEnums(const Path& parent, absl::string_view name,
                        const Numbers& numbers, bool (*is_valid)(int)) {
  FirstError first;
  first << CheckCount(Path(parent, name), numbers.size(), kMaxEnumListed);
  for (int i = 0; i < numbers.size(); ++i) {
    first << CheckEnum(Path(parent, name, i), numbers[i], is_valid, kRequired);
  }
  return std::move(first).status();
}

absl::Status CheckOperator(const v1::DecideRequest& request) {
  const Path path("operator");
  if (!request.has_operator_()) return FieldError(path, "is required");
  const v1::Operator& op = request.operator_();
  FirstError first;
  first << CheckKnown(path, op)
        << CheckBinField(Path(path, "bin"), op.bin(), kRequired)
        << CheckEnum(Path(path, "kind"), op.kind(), v1::Operator::Kind_IsValid,
                     kOptional)
        << CheckEnum(Path(path, "role"), op.role(), v1::Operator::Role_IsValid,
                     kOptional);
  return std::move(first).status();
}

absl::Status CheckData(const v1::DecideRequest& request) {
  if (!request.has_data()) return absl::OkStatus();
  const Path path("data");
  FirstError first;
  first << CheckKnown(path, request.data())
        << CheckTexts(path, "items", request.data().items(), kIdBytes);
  return std::move(first).status();
}

absl::Status CheckPurpose(const v1::DecideRequest& request) {
  if (!request.has_purpose()) return absl::OkStatus();
  const Path path("purpose");
  const v1::Purpose& purpose = request.purpose();
  FirstError first;
  first << CheckKnown(path, purpose)
        << CheckCode(Path(path, "code"), purpose.code(), kCodeBytes)
        << CheckTime(Path(path, "declared_at"), purpose.has_declared_at(),
                     purpose.declared_at());
  return std::move(first).status();
}

absl::Status CheckBasis(const v1::DecideRequest& request) {
  if (!request.has_statutory_basis()) return absl::OkStatus();
  const Path path("statutory_basis");
  const v1::StatutoryBasis& basis = request.statutory_basis();
  FirstError first;
  first << CheckKnown(path, basis)
        << CheckCode(Path(path, "norm"), basis.norm(), kCodeBytes)
        << CheckEnum(Path(path, "act_type"), basis.act_type(),
                     v1::StatutoryBasis::ActType_IsValid, kOptional)
        << CheckCode(Path(path, "act"), basis.act(), kCodeBytes)
        << CheckCode(Path(path, "article"), basis.article(), kIdBytes);
  return std::move(first).status();
}

absl::Status CheckMandate(const v1::DecideRequest& request) {
  if (!request.has_mandate()) return absl::OkStatus();
  const Path path("mandate");
  const v1::Mandate& mandate = request.mandate();
  FirstError first;
  first << CheckKnown(path, mandate)
        << CheckBinField(Path(path, "issuer_bin"), mandate.issuer_bin(),
                         kOptional)
        << CheckCode(Path(path, "number"), mandate.number(), kIdBytes)
        << CheckPeriod(Path(path, "validity"), mandate.has_validity(),
                       mandate.validity());
  return std::move(first).status();
}

absl::Status CheckAssertedConsent(const v1::DecideRequest& request) {
  if (!request.has_asserted_consent()) return absl::OkStatus();
  const Path path("asserted_consent");
  const v1::AssertedConsent& consent = request.asserted_consent();
  FirstError first;
  first << CheckKnown(path, consent)
        << CheckEnum(Path(path, "given_by"), consent.given_by(),
                     v1::ConsentGiver_IsValid, kOptional)
        << CheckEnum(Path(path, "channel"), consent.channel(),
                     v1::ConsentChannel_IsValid, kOptional)
        << CheckTexts(path, "purposes", consent.purposes(), kCodeBytes)
        << CheckPeriod(Path(path, "validity"), consent.has_validity(),
                       consent.validity())
        << CheckText(Path(path, "evidence"), consent.evidence(), kLongTextBytes,
                     kOptional);
  return std::move(first).status();
}

absl::Status CheckFreshness(const v1::DecideRequest& request) {
  if (!request.has_at_least_as_fresh()) return absl::OkStatus();
  const Path path("at_least_as_fresh");
  const v1::StateToken& token = request.at_least_as_fresh();
  FirstError first;
  first << CheckKnown(path, token)
        << CheckText(Path(path, "store"), token.store(), kIdBytes, kRequired);
  return std::move(first).status();
}

absl::Status CheckAnonymisation(const Path& parent, bool has,
                                const v1::Anonymisation& anonymisation) {
  if (!has) return absl::OkStatus();
  const Path path(parent, "anonymisation");
  FirstError first;
  first << CheckKnown(path, anonymisation)
        << CheckEnum(Path(path, "by"), anonymisation.by(),
                     v1::Anonymisation::Agent_IsValid, kOptional)
        << CheckCode(Path(path, "requirements_id"),
                     anonymisation.requirements_id(), kIdBytes)
        << CheckText(Path(path, "method"), anonymisation.method(), kCodeBytes,
                     kOptional);
  return std::move(first).status();
}

// The two acts that have the same fields.
template <typename Act>
absl::Status CheckTaking(const Path& path, const Act& act) {
  FirstError first;
  first << CheckKnown(path, act)
        << CheckEnum(Path(path, "source"), act.source(), v1::DataSource_IsValid,
                     kOptional)
        << CheckEnum(Path(path, "goal"), act.goal(), v1::DatabaseGoal_IsValid,
                     kOptional)
        << CheckKnown(Path(path, "extraction"), act.extraction());
  return std::move(first).status();
}

absl::Status CheckAct(const Path& path, const v1::AutomatedProcessing& act) {
  using Act = v1::AutomatedProcessing;
  const Path effects(path, "effects"), risks(path, "risks");
  FirstError first;
  first << CheckKnown(path, act)
        << CheckText(Path(path, "processing_id"), act.processing_id(), kIdBytes,
                     kOptional)
        << CheckEnum(Path(path, "human_participation"),
                     act.human_participation(), Act::HumanParticipation_IsValid,
                     kOptional)
        << CheckKnown(effects, act.effects())
        << CheckEnums(effects, "kinds", act.effects().kinds(),
                      Act::Effects::Kind_IsValid)
        << CheckKnown(risks, act.risks())
        << CheckEnums(risks, "kinds", act.risks().kinds(),
                      Act::Risks::Kind_IsValid);
  return std::move(first).status();
}

absl::Status CheckAct(const Path& path, const v1::BiometricUse& act) {
  using Act = v1::BiometricUse;
  FirstError first;
  first << CheckKnown(path, act)
        << CheckEnum(Path(path, "object"), act.object(), Act::Object_IsValid,
                     kOptional)
        << CheckEnum(Path(path, "place_of_capture"), act.place_of_capture(),
                     v1::Place_IsValid, kOptional)
        << CheckEnum(Path(path, "place_of_use"), act.place_of_use(),
                     v1::Place_IsValid, kOptional)
        << CheckEnum(Path(path, "aim"), act.aim(), Act::Aim_IsValid, kOptional);
  return std::move(first).status();
}

absl::Status CheckAct(const Path& path, const v1::NaipSupply& act) {
  FirstError first;
  first << CheckKnown(path, act)
        << CheckAnonymisation(path, act.has_anonymisation(),
                              act.anonymisation())
        << CheckEnum(Path(path, "use"), act.use(), v1::NaipSupply::Use_IsValid,
                     kOptional);
  return std::move(first).status();
}

absl::Status CheckAct(const Path& path, const v1::ConfidentialAccess& act) {
  FirstError first;
  first << CheckKnown(path, act)
        << CheckText(Path(path, "resource_id"), act.resource_id(), kCodeBytes,
                     kOptional)
        << CheckAnonymisation(path, act.has_anonymisation(),
                              act.anonymisation())
        << CheckEnum(Path(path, "use"), act.use(), v1::NaipSupply::Use_IsValid,
                     kOptional);
  return std::move(first).status();
}

absl::Status CheckAct(const Path& path, const v1::EGovAiSystem& act) {
  using Act = v1::EGovAiSystem;
  const Path functions(path, "functions");
  FirstError first;
  first << CheckKnown(path, act)
        << CheckText(Path(path, "system_id"), act.system_id(), kCodeBytes,
                     kOptional)
        << CheckEnum(Path(path, "risk_class"), act.risk_class(),
                     Act::RiskClass_IsValid, kOptional)
        << CheckEnum(Path(path, "autonomy"), act.autonomy(),
                     Act::Autonomy_IsValid, kOptional)
        << CheckKnown(functions, act.functions())
        << CheckEnums(functions, "prohibited", act.functions().prohibited(),
                      Act::ProhibitedFunction_IsValid)
        << CheckTime(Path(path, "risk_reviewed_at"), act.has_risk_reviewed_at(),
                     act.risk_reviewed_at());
  return std::move(first).status();
}

absl::Status CheckAct(const Path& path, const v1::MediaDistribution& act) {
  return CheckKnown(path, act);
}

absl::Status CheckAct(const Path& path, const v1::ConsumerProduct& act) {
  using Act = v1::ConsumerProduct;
  FirstError first;
  first << CheckKnown(path, act)
        << CheckEnum(Path(path, "ai_origin"), act.ai_origin(),
                     Act::AiOrigin_IsValid, kOptional)
        << CheckEnum(Path(path, "carrier"), act.carrier(), Act::Carrier_IsValid,
                     kOptional);
  return std::move(first).status();
}

absl::Status CheckOperation(const v1::DecideRequest& request) {
  const Path path("operation");
  if (!request.has_operation()) return FieldError(path, "is required");
  const v1::Operation& operation = request.operation();
  const absl::Status known = CheckKnown(path, operation);
  if (!known.ok()) return known;
  using Op = v1::Operation;
  if (operation.kind_case() == Op::KIND_NOT_SET) {
    return FieldError(path, "names no kind of act; exactly one is required");
  }
  const Path act(path, OperationField(operation.kind_case()));
  switch (operation.kind_case()) {
    case Op::kAutomatedProcessing:
      return CheckAct(act, operation.automated_processing());
    case Op::kDataCollection:
      return CheckTaking(act, operation.data_collection());
    case Op::kBiometricUse:
      return CheckAct(act, operation.biometric_use());
    case Op::kDatabaseBuild:
      return CheckTaking(act, operation.database_build());
    case Op::kNaipSupply:
      return CheckAct(act, operation.naip_supply());
    case Op::kConfidentialAccess:
      return CheckAct(act, operation.confidential_access());
    case Op::kEGovAiSystem:
      return CheckAct(act, operation.e_gov_ai_system());
    case Op::kMediaDistribution:
      return CheckAct(act, operation.media_distribution());
    case Op::kConsumerProduct:
      return CheckAct(act, operation.consumer_product());
    case Op::KIND_NOT_SET:
      break;
  }
  return FieldError(path, "is of a kind that this server does not know");
}

// Whether a value is of the type that the schema declares.
bool HasType(const v1::ExtensionValue& value, const Type& type) {
  switch (value.kind_case()) {
    case v1::ExtensionValue::kBoolValue:
      return type.is_bool();
    case v1::ExtensionValue::kLongValue:
      return type.kind == TypeKind::kLong;
    case v1::ExtensionValue::kStringValue:
      return type.kind == TypeKind::kString;
    case v1::ExtensionValue::kDecimalValue:
      return type.extension == "decimal";
    case v1::ExtensionValue::kDatetimeValue:
      return type.extension == "datetime";
    case v1::ExtensionValue::kDurationValue:
      return type.extension == "duration";
    case v1::ExtensionValue::kStringSet:
      return type.kind == TypeKind::kSet && type.element != nullptr &&
             type.element->kind == TypeKind::kString;
    case v1::ExtensionValue::KIND_NOT_SET:
      return false;
  }
  return false;
}

absl::Status CheckContent(const Path& path, const v1::ExtensionValue& value) {
  switch (value.kind_case()) {
    case v1::ExtensionValue::kStringValue:
      return CheckText(path, value.string_value(), kLongTextBytes, kOptional);
    case v1::ExtensionValue::kDecimalValue:
      if (!ParseDecimal(value.decimal_value())) {
        return FieldError(path, "is not a decimal, for example `12.5`");
      }
      return absl::OkStatus();
    case v1::ExtensionValue::kDatetimeValue:
      return CheckTime(path, true, value.datetime_value());
    case v1::ExtensionValue::kDurationValue: {
      const int64_t seconds = value.duration_value().seconds();
      const int32_t nanos = value.duration_value().nanos();
      if (seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds ||
          nanos <= -1000000000 || nanos >= 1000000000) {
        return FieldError(path, "is out of the range of a duration");
      }
      return absl::OkStatus();
    }
    case v1::ExtensionValue::kStringSet: {
      FirstError first;
      first << CheckKnown(path, value.string_set())
            << CheckTexts(path, "values", value.string_set().values(),
                          kLongTextBytes);
      return std::move(first).status();
    }
    default:
      return absl::OkStatus();
  }
}

absl::Status CheckExtension(const std::string& name,
                            const v1::ExtensionValue& value,
                            const std::vector<ExtensionType>& extensions) {
  // The name is text of the caller's: looked at before it is repeated.
  const Path root("extensions");
  absl::Status status = CheckText(root, name, kIdBytes, kRequired);
  if (!status.ok()) return status;
  const std::string field = absl::StrCat("extensions[", name, "]");
  const Path path(field);
  status = CheckKnown(path, value);
  if (!status.ok()) return status;
  if (value.kind_case() == v1::ExtensionValue::KIND_NOT_SET) {
    return FieldError(path, "has no value");
  }
  auto type = std::lower_bound(
      extensions.begin(), extensions.end(), name,
      [](const ExtensionType& e, const std::string& n) { return e.name < n; });
  if (type == extensions.end() || type->name != name) {
    return FieldError(path, "is not declared by the pack in service");
  }
  // Several actions may declare one name, with types of their own.
  std::string declared;
  for (; type != extensions.end() && type->name == name; ++type) {
    if (HasType(value, *type->type)) return CheckContent(path, value);
    declared = ToString(*type->type);
  }
  return FieldError(path, absl::StrCat("is not of the type that the pack "
                                       "declares, ",
                                       declared));
}

}  // namespace

absl::Status CheckRequest(const v1::DecideRequest& request,
                          const std::vector<ExtensionType>& extensions) {
  FirstError first;
  first << CheckKnown(Path("request"), request)
        << CheckText(Path("request_id"), request.request_id(), kIdBytes,
                     kOptional)
        << CheckText(Path("service"), request.service(), kIdBytes, kOptional)
        << CheckOperator(request)
        << CheckKnown(Path("subject"), request.subject()) << CheckData(request)
        << CheckPurpose(request) << CheckOperation(request)
        << CheckBasis(request) << CheckMandate(request)
        << CheckAssertedConsent(request)
        << CheckTime(Path("decision_time"), request.has_decision_time(),
                     request.decision_time())
        << CheckEnum(Path("language"), request.language(), v1::Language_IsValid,
                     kOptional)
        << CheckFreshness(request)
        << CheckCount(Path("extensions"),
                      static_cast<int>(request.extensions().size()),
                      kMaxListed);
  for (const auto& extension : request.extensions()) {
    first << CheckExtension(extension.first, extension.second, extensions);
  }
  return std::move(first).status();
}

}  // namespace tarazy
