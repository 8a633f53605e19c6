// The table of facts. A row is one line: path, kinds of act, field, reader.
// Readers are made from the generated accessors by templates, so that each is
// a function of its own without reflection.

#include <limits>

#include "policy/eval/aggregate.h"
#include "policy/eval/extension.h"
#include "server/service/facts.h"

namespace tarazy {
namespace {

using google::protobuf::RepeatedField;
using google::protobuf::RepeatedPtrField;

using Anonymisation = v1::Anonymisation;
using Automated = v1::AutomatedProcessing;
using Basis = v1::StatutoryBasis;
using Biometric = v1::BiometricUse;
using Collection = v1::DataCollection;
using Confidential = v1::ConfidentialAccess;
using Data = v1::DataDescription;
using Database = v1::DatabaseBuild;
using EGov = v1::EGovAiSystem;
using Extraction = v1::Extraction;
using Mandate = v1::Mandate;
using Media = v1::MediaDistribution;
using Naip = v1::NaipSupply;
using Operator = v1::Operator;
using Product = v1::ConsumerProduct;
using Purpose = v1::Purpose;

// Indexes of AllEnums().
enum : int {
  kOperatorKind,
  kOperatorRole,
  kHumanParticipation,
  kEffectKind,
  kRiskKind,
  kPlace,
  kDataSource,
  kDatabaseGoal,
  kBiometricObject,
  kBiometricAim,
  kAnonymisationAgent,
  kNaipUse,
  kRiskClass,
  kAutonomy,
  kProhibitedFunction,
  kAiOrigin,
  kNoticeCarrier,
  kActType,
  kConsentChannel,
  kConsentGiver,
};

constexpr uint16_t Bit(ActKind kind) {
  return static_cast<uint16_t>(1u << kind);
}
constexpr uint16_t kAll = 0x3fe;
constexpr uint16_t kAutomated = Bit(v1::Operation::kAutomatedProcessing);
constexpr uint16_t kCollection = Bit(v1::Operation::kDataCollection);
constexpr uint16_t kBiometric = Bit(v1::Operation::kBiometricUse);
constexpr uint16_t kDatabase = Bit(v1::Operation::kDatabaseBuild);
constexpr uint16_t kNaip = Bit(v1::Operation::kNaipSupply);
constexpr uint16_t kConfidential = Bit(v1::Operation::kConfidentialAccess);
constexpr uint16_t kEGov = Bit(v1::Operation::kEGovAiSystem);
constexpr uint16_t kMedia = Bit(v1::Operation::kMediaDistribution);
constexpr uint16_t kProduct = Bit(v1::Operation::kConsumerProduct);

// The messages that facts lie in. An absent one reads as an empty one, whose
// fields are all missing.
const v1::Operation& Op(const Binding& b) { return b.request->operation(); }
const Operator& GetOperator(const Binding& b) { return b.request->operator_(); }
const Data& GetData(const Binding& b) { return b.request->data(); }
const Purpose& GetPurpose(const Binding& b) { return b.request->purpose(); }
const Basis& GetBasis(const Binding& b) { return b.request->statutory_basis(); }
const Mandate& GetMandate(const Binding& b) { return b.request->mandate(); }
const v1::Period& GetMandatePeriod(const Binding& b) {
  return b.request->mandate().validity();
}
const Automated& GetAutomated(const Binding& b) {
  return Op(b).automated_processing();
}
const Collection& GetCollection(const Binding& b) {
  return Op(b).data_collection();
}
const Extraction& GetCollectionExtraction(const Binding& b) {
  return Op(b).data_collection().extraction();
}
const Biometric& GetBiometric(const Binding& b) {
  return Op(b).biometric_use();
}
const Database& GetDatabase(const Binding& b) { return Op(b).database_build(); }
const Extraction& GetDatabaseExtraction(const Binding& b) {
  return Op(b).database_build().extraction();
}
const Naip& GetNaip(const Binding& b) { return Op(b).naip_supply(); }
const Anonymisation& GetNaipAnonymisation(const Binding& b) {
  return Op(b).naip_supply().anonymisation();
}
const Confidential& GetConfidential(const Binding& b) {
  return Op(b).confidential_access();
}
const Anonymisation& GetConfidentialAnonymisation(const Binding& b) {
  return Op(b).confidential_access().anonymisation();
}
const EGov& GetEGov(const Binding& b) { return Op(b).e_gov_ai_system(); }
const Media& GetMedia(const Binding& b) { return Op(b).media_distribution(); }
const Product& GetProduct(const Binding& b) { return Op(b).consumer_product(); }

Value EnumFact(const Binding& b, int enumeration, int number) {
  if (number == 0) return Value::Missing();
  return Value::Entity(b.names->Get(enumeration, number));
}

Value StringSet(const Binding& b, const RepeatedPtrField<std::string>& texts) {
  Value* values = b.arena->Allocate<Value>(texts.size());
  for (int i = 0; i < texts.size(); ++i) values[i] = Value::String(texts[i]);
  return MakeSet(values, texts.size(), b.arena);
}

Value EnumSet(const Binding& b, int enumeration,
              const RepeatedField<int>& numbers) {
  Value* values = b.arena->Allocate<Value>(numbers.size());
  for (int i = 0; i < numbers.size(); ++i) {
    values[i] = EnumFact(b, enumeration, numbers[i]);
    // An element that says nothing: what is listed is not known.
    if (values[i].missing()) return Value::Missing();
  }
  return MakeSet(values, numbers.size(), b.arena);
}

template <auto kMessage, auto kHas, auto kGet>
Value Bool(const Binding& b, const std::string&) {
  const auto& m = kMessage(b);
  return (m.*kHas)() ? Value::Bool((m.*kGet)()) : Value::Missing();
}

template <auto kMessage, auto kGet>
Value Text(const Binding& b, const std::string&) {
  const std::string& text = (kMessage(b).*kGet)();
  return text.empty() ? Value::Missing() : Value::String(text);
}

template <auto kMessage, auto kHas, auto kGet>
Value Time(const Binding& b, const std::string&) {
  const auto& m = kMessage(b);
  if (!(m.*kHas)()) return Value::Missing();
  return Value::Datetime(TimestampMs((m.*kGet)()));
}

template <auto kMessage, auto kGet, int kEnumeration>
Value Enum(const Binding& b, const std::string&) {
  return EnumFact(b, kEnumeration, (kMessage(b).*kGet)());
}

// Whether a message is there.
template <auto kMessage, auto kHas>
Value Present(const Binding& b, const std::string&) {
  return (kMessage(b).*kHas)() ? Value::Bool(true) : Value::Missing();
}

const v1::DecideRequest& GetRequest(const Binding& b) { return *b.request; }

Value Always(const Binding&, const std::string&) { return Value::Bool(true); }

Value Now(const Binding& b, const std::string&) {
  return Value::Datetime(b.now_ms);
}

// No item is not "nothing": what is touched is then not stated.
Value DataItems(const Binding& b, const std::string&) {
  if (b.request->data().items().empty()) return Value::Missing();
  return StringSet(b, b.request->data().items());
}

Value Effects(const Binding& b, const std::string&) {
  const Automated& act = GetAutomated(b);
  if (!act.has_effects()) return Value::Missing();
  return EnumSet(b, kEffectKind, act.effects().kinds());
}

Value Risks(const Binding& b, const std::string&) {
  const Automated& act = GetAutomated(b);
  if (!act.has_risks()) return Value::Missing();
  return EnumSet(b, kRiskKind, act.risks().kinds());
}

Value ProhibitedFunctions(const Binding& b, const std::string&) {
  const EGov& act = GetEGov(b);
  if (!act.has_functions()) return Value::Missing();
  return EnumSet(b, kProhibitedFunction, act.functions().prohibited());
}

Value ConsentPresent(const Binding& b, const std::string&) {
  return b.consent != nullptr ? Value::Bool(true) : Value::Missing();
}

Value ConsentGiver(const Binding& b, const std::string&) {
  if (b.consent == nullptr) return Value::Missing();
  return EnumFact(b, kConsentGiver, b.consent->given_by);
}

Value ConsentChannel(const Binding& b, const std::string&) {
  if (b.consent == nullptr) return Value::Missing();
  return EnumFact(b, kConsentChannel, b.consent->channel);
}

template <auto kTexts>
Value ConsentTexts(const Binding& b, const std::string&) {
  if (b.consent == nullptr || b.consent->*kTexts == nullptr) {
    return Value::Missing();
  }
  return StringSet(b, *(b.consent->*kTexts));
}

Value ConsentFrom(const Binding& b, const std::string&) {
  if (b.consent == nullptr || !b.consent->has_validity) {
    return Value::Missing();
  }
  return Value::Datetime(b.consent->valid_from_ms);
}

template <auto kInstant>
Value ConsentInstant(const Binding& b, const std::string&) {
  if (b.consent == nullptr || b.consent->*kInstant == ConsentFacts::kNone) {
    return Value::Missing();
  }
  return Value::Datetime(b.consent->*kInstant);
}

template <auto kFlag>
Value ConsentFlag(const Binding& b, const std::string&) {
  if (b.consent == nullptr) return Value::Missing();
  return Value::Bool(b.consent->*kFlag);
}

Value ConsentCoversAutomated(const Binding& b, const std::string&) {
  if (b.consent == nullptr || !b.consent->has_covers_automated) {
    return Value::Missing();
  }
  return Value::Bool(b.consent->covers_automated);
}

Value ObjectionPresent(const Binding& b, const std::string&) {
  return b.objections != nullptr ? Value::Bool(true) : Value::Missing();
}

template <auto kFlag>
Value ObjectionFlag(const Binding& b, const std::string&) {
  if (b.objections == nullptr) return Value::Missing();
  return Value::Bool(b.objections->*kFlag);
}

Value ObjectionDue(const Binding& b, const std::string&) {
  if (b.objections == nullptr ||
      b.objections->due_ms == ObjectionEntry::kNever) {
    return Value::Missing();
  }
  return Value::Datetime(b.objections->due_ms);
}

Value ExtensionsPresent(const Binding& b, const std::string&) {
  return b.request->extensions().empty() ? Value::Missing() : Value::Bool(true);
}

Value Extension(const Binding& b, const std::string& name) {
  const auto it = b.request->extensions().find(name);
  if (it == b.request->extensions().end()) return Value::Missing();
  const v1::ExtensionValue& value = it->second;
  switch (value.kind_case()) {
    case v1::ExtensionValue::kBoolValue:
      return Value::Bool(value.bool_value());
    case v1::ExtensionValue::kLongValue:
      return Value::Long(value.long_value());
    case v1::ExtensionValue::kStringValue:
      return Value::String(value.string_value());
    case v1::ExtensionValue::kDecimalValue: {
      const auto number = ParseDecimal(value.decimal_value());
      return number ? Value::Decimal(*number) : Value::Missing();
    }
    case v1::ExtensionValue::kDatetimeValue:
      return Value::Datetime(TimestampMs(value.datetime_value()));
    case v1::ExtensionValue::kDurationValue:
      return Value::Duration(value.duration_value().seconds() * 1000 +
                             value.duration_value().nanos() / 1000000);
    case v1::ExtensionValue::kStringSet:
      return StringSet(b, value.string_set().values());
    case v1::ExtensionValue::KIND_NOT_SET:
      break;
  }
  return Value::Missing();
}

Fact Record(const char* path, uint16_t kinds, const char* field,
            FactFunction present) {
  return {path, kinds, field, present, /*record=*/true, -1};
}

template <auto kMessage, auto kGet, int kEnumeration>
Fact EnumRow(const char* path, uint16_t kinds, const char* field) {
  return {path,
          kinds,
          field,
          Enum<kMessage, kGet, kEnumeration>,
          /*record=*/false,
          kEnumeration};
}

Fact EnumRow(const char* path, uint16_t kinds, const char* field,
             FactFunction read, int enumeration) {
  return {path, kinds, field, read, /*record=*/false, enumeration};
}

using Rows = std::vector<Fact>;

void AddCommon(Rows* rows) {
  const Rows common = {
      {"context.now", kAll, "", Now},
      {"principal.bin", kAll, "operator.bin",
       Text<GetOperator, &Operator::bin>},
      EnumRow<GetOperator, &Operator::kind, kOperatorKind>(
          "principal.kind", kAll, "operator.kind"),
      EnumRow<GetOperator, &Operator::role, kOperatorRole>(
          "principal.role", kAll, "operator.role"),

      Record("context.data", kAll, "data",
             Present<GetRequest, &v1::DecideRequest::has_data>),
      {"context.data.identifiable", kAll, "data.identifiable",
       Bool<GetData, &Data::has_identifiable, &Data::identifiable>},
      {"context.data.biometric", kAll, "data.biometric",
       Bool<GetData, &Data::has_biometric, &Data::biometric>},
      {"context.data.inStateObject", kAll, "data.in_state_object",
       Bool<GetData, &Data::has_in_state_object, &Data::in_state_object>},
      {"context.data.excessive", kAll, "data.excessive",
       Bool<GetData, &Data::has_excessive, &Data::excessive>},
      {"context.data.items", kAll, "data.items", DataItems},

      Record("context.purpose", kAll, "purpose",
             Present<GetRequest, &v1::DecideRequest::has_purpose>),
      {"context.purpose.code", kAll, "purpose.code",
       Text<GetPurpose, &Purpose::code>},
      {"context.purpose.specific", kAll, "purpose.specific",
       Bool<GetPurpose, &Purpose::has_specific, &Purpose::specific>},
      {"context.purpose.declaredAt", kAll, "purpose.declared_at",
       Time<GetPurpose, &Purpose::has_declared_at, &Purpose::declared_at>},
      {"context.purpose.lawful", kAll, "purpose.lawful",
       Bool<GetPurpose, &Purpose::has_lawful, &Purpose::lawful>},
      {"context.purpose.harmful", kAll, "purpose.harmful",
       Bool<GetPurpose, &Purpose::has_harmful, &Purpose::harmful>},
      {"context.purpose.restrictsRights", kAll, "purpose.restricts_rights",
       Bool<GetPurpose, &Purpose::has_restricts_rights,
            &Purpose::restricts_rights>},

      Record("context.ext", kAll, "extensions", ExtensionsPresent),
  };
  rows->insert(rows->end(), common.begin(), common.end());
}

void AddGrounds(Rows* rows) {
  const Rows grounds = {
      Record("context.statutoryBasis", kAll, "statutory_basis",
             Present<GetRequest, &v1::DecideRequest::has_statutory_basis>),
      {"context.statutoryBasis.norm", kAll, "statutory_basis.norm",
       Text<GetBasis, &Basis::norm>},
      EnumRow<GetBasis, &Basis::act_type, kActType>(
          "context.statutoryBasis.actType", kAll, "statutory_basis.act_type"),
      {"context.statutoryBasis.act", kAll, "statutory_basis.act",
       Text<GetBasis, &Basis::act>},
      {"context.statutoryBasis.article", kAll, "statutory_basis.article",
       Text<GetBasis, &Basis::article>},
      {"context.statutoryBasis.authorisesAutomatedDecision", kAll,
       "statutory_basis.authorises_automated_decision",
       Bool<GetBasis, &Basis::has_authorises_automated_decision,
            &Basis::authorises_automated_decision>},
      {"context.statutoryBasis.mandatesAct", kAll,
       "statutory_basis.mandates_act",
       Bool<GetBasis, &Basis::has_mandates_act, &Basis::mandates_act>},
      {"context.statutoryBasis.proven", kAll, "statutory_basis.proven",
       Bool<GetBasis, &Basis::has_proven, &Basis::proven>},

      Record("context.mandate", kAll, "mandate",
             Present<GetRequest, &v1::DecideRequest::has_mandate>),
      {"context.mandate.issuerBin", kAll, "mandate.issuer_bin",
       Text<GetMandate, &Mandate::issuer_bin>},
      {"context.mandate.number", kAll, "mandate.number",
       Text<GetMandate, &Mandate::number>},
      {"context.mandate.written", kAll, "mandate.written",
       Bool<GetMandate, &Mandate::has_written, &Mandate::written>},
      {"context.mandate.validFrom", kAll, "mandate.validity.from",
       Time<GetMandatePeriod, &v1::Period::has_from, &v1::Period::from>},
      {"context.mandate.validUntil", kAll, "mandate.validity.until",
       Time<GetMandatePeriod, &v1::Period::has_until, &v1::Period::until>},
  };
  rows->insert(rows->end(), grounds.begin(), grounds.end());
}

// Consent and objections come from the registers. The field is that of an
// asserted consent, and told only for one.
void AddRegisters(Rows* rows) {
  using C = ConsentFacts;
  using O = ObjectionSummary;
  const Rows registers = {
      Record("context.consent", kAll, "", ConsentPresent),
      EnumRow("context.consent.givenBy", kAll, "asserted_consent.given_by",
              ConsentGiver, kConsentGiver),
      EnumRow("context.consent.channel", kAll, "asserted_consent.channel",
              ConsentChannel, kConsentChannel),
      {"context.consent.purposes", kAll, "asserted_consent.purposes",
       ConsentTexts<&C::purposes>},
      {"context.consent.items", kAll, "", ConsentTexts<&C::items>},
      {"context.consent.validFrom", kAll, "asserted_consent.validity",
       ConsentFrom},
      {"context.consent.validUntil", kAll, "asserted_consent.validity.until",
       ConsentInstant<&C::valid_until_ms>},
      {"context.consent.withdrawnAt", kAll, "",
       ConsentInstant<&C::withdrawn_ms>},
      {"context.consent.withdrawalBarred", kAll, "",
       ConsentFlag<&C::withdrawal_barred>},
      {"context.consent.coversAutomatedProcessing", kAll,
       "asserted_consent.covers_automated_processing", ConsentCoversAutomated},
      {"context.consent.asserted", kAll, "", ConsentFlag<&C::asserted>},

      Record("context.objection", kAutomated, "subject", ObjectionPresent),
      {"context.objection.undecided", kAutomated, "subject",
       ObjectionFlag<&O::undecided>},
      {"context.objection.due", kAutomated, "", ObjectionDue},
      {"context.objection.upheld", kAutomated, "subject",
       ObjectionFlag<&O::upheld>},
      {"context.objection.rejectedNotNotified", kAutomated, "subject",
       ObjectionFlag<&O::rejected_not_notified>},
  };
  rows->insert(rows->end(), registers.begin(), registers.end());
}

template <auto kMessage>
void AddExtraction(uint16_t kind, FactFunction present, Rows* rows) {
  using X = Extraction;
  const Rows extraction = {
      Record("context.act.extraction", kind, ".extraction", present),
      {"context.act.extraction.targeted", kind, ".extraction.targeted",
       Bool<kMessage, &X::has_targeted, &X::targeted>},
      {"context.act.extraction.sourceCited", kind, ".extraction.source_cited",
       Bool<kMessage, &X::has_source_cited, &X::source_cited>},
      {"context.act.extraction.lawfullyPublished", kind,
       ".extraction.lawfully_published",
       Bool<kMessage, &X::has_lawfully_published, &X::lawfully_published>},
  };
  rows->insert(rows->end(), extraction.begin(), extraction.end());
}

template <auto kMessage>
void AddAnonymisation(uint16_t kind, FactFunction present, Rows* rows) {
  using A = Anonymisation;
  const Rows anonymisation = {
      Record("context.act.anonymisation", kind, ".anonymisation", present),
      {"context.act.anonymisation.done", kind, ".anonymisation.done",
       Bool<kMessage, &A::has_done, &A::done>},
      EnumRow<kMessage, &A::by, kAnonymisationAgent>(
          "context.act.anonymisation.by", kind, ".anonymisation.by"),
      {"context.act.anonymisation.requirementsId", kind,
       ".anonymisation.requirements_id", Text<kMessage, &A::requirements_id>},
      {"context.act.anonymisation.conforms", kind, ".anonymisation.conforms",
       Bool<kMessage, &A::has_conforms, &A::conforms>},
      {"context.act.anonymisation.method", kind, ".anonymisation.method",
       Text<kMessage, &A::method>},
  };
  rows->insert(rows->end(), anonymisation.begin(), anonymisation.end());
}

void AddDataActs(Rows* rows) {
  const Rows acts = {
      Record("context.act", kAll, "operation", Always),

      EnumRow<GetAutomated, &Automated::human_participation,
              kHumanParticipation>("context.act.humanParticipation", kAutomated,
                                   ".human_participation"),
      EnumRow("context.act.effects", kAutomated, ".effects", Effects,
              kEffectKind),
      EnumRow("context.act.risks", kAutomated, ".risks", Risks, kRiskKind),
      {"context.act.legislationListedCase", kAutomated,
       ".legislation_listed_case",
       Bool<GetAutomated, &Automated::has_legislation_listed_case,
            &Automated::legislation_listed_case>},

      EnumRow<GetCollection, &Collection::source, kDataSource>(
          "context.act.source", kCollection, ".source"),
      EnumRow<GetCollection, &Collection::goal, kDatabaseGoal>(
          "context.act.goal", kCollection, ".goal"),
      EnumRow<GetDatabase, &Database::source, kDataSource>(
          "context.act.source", kDatabase, ".source"),
      EnumRow<GetDatabase, &Database::goal, kDatabaseGoal>("context.act.goal",
                                                           kDatabase, ".goal"),

      EnumRow<GetBiometric, &Biometric::object, kBiometricObject>(
          "context.act.object", kBiometric, ".object"),
      EnumRow<GetBiometric, &Biometric::place_of_capture, kPlace>(
          "context.act.placeOfCapture", kBiometric, ".place_of_capture"),
      EnumRow<GetBiometric, &Biometric::place_of_use, kPlace>(
          "context.act.placeOfUse", kBiometric, ".place_of_use"),
      EnumRow<GetBiometric, &Biometric::aim, kBiometricAim>("context.act.aim",
                                                            kBiometric, ".aim"),

      EnumRow<GetNaip, &Naip::use, kNaipUse>("context.act.use", kNaip, ".use"),
      EnumRow<GetConfidential, &Confidential::use, kNaipUse>(
          "context.act.use", kConfidential, ".use"),
      {"context.act.confidential", kConfidential, ".confidential",
       Bool<GetConfidential, &Confidential::has_confidential,
            &Confidential::confidential>},
  };
  rows->insert(rows->end(), acts.begin(), acts.end());
  AddExtraction<GetCollectionExtraction>(
      kCollection, Present<GetCollection, &Collection::has_extraction>, rows);
  AddExtraction<GetDatabaseExtraction>(
      kDatabase, Present<GetDatabase, &Database::has_extraction>, rows);
  AddAnonymisation<GetNaipAnonymisation>(
      kNaip, Present<GetNaip, &Naip::has_anonymisation>, rows);
  AddAnonymisation<GetConfidentialAnonymisation>(
      kConfidential, Present<GetConfidential, &Confidential::has_anonymisation>,
      rows);
}

void AddProductActs(Rows* rows) {
  const Rows acts = {
      EnumRow<GetEGov, &EGov::risk_class, kRiskClass>("context.act.riskClass",
                                                      kEGov, ".risk_class"),
      EnumRow<GetEGov, &EGov::autonomy, kAutonomy>("context.act.autonomy",
                                                   kEGov, ".autonomy"),
      EnumRow("context.act.prohibitedFunctions", kEGov, ".functions",
              ProhibitedFunctions, kProhibitedFunction),
      {"context.act.documented", kEGov, ".documented",
       Bool<GetEGov, &EGov::has_documented, &EGov::documented>},
      {"context.act.riskReviewedAt", kEGov, ".risk_reviewed_at",
       Time<GetEGov, &EGov::has_risk_reviewed_at, &EGov::risk_reviewed_at>},
      {"context.act.userAgreement", kEGov, ".user_agreement",
       Bool<GetEGov, &EGov::has_user_agreement, &EGov::user_agreement>},
      {"context.act.aiNotice", kEGov, ".ai_notice",
       Bool<GetEGov, &EGov::has_ai_notice, &EGov::ai_notice>},

      {"context.act.aiCreated", kMedia, ".ai_created",
       Bool<GetMedia, &Media::has_ai_created, &Media::ai_created>},
      {"context.act.synthetic", kMedia, ".synthetic",
       Bool<GetMedia, &Media::has_synthetic, &Media::synthetic>},
      {"context.act.userNotice", kMedia, ".user_notice",
       Bool<GetMedia, &Media::has_user_notice, &Media::user_notice>},
      {"context.act.machineReadableLabel", kMedia, ".machine_readable_label",
       Bool<GetMedia, &Media::has_machine_readable_label,
            &Media::machine_readable_label>},
      {"context.act.perceptibleWarning", kMedia, ".perceptible_warning",
       Bool<GetMedia, &Media::has_perceptible_warning,
            &Media::perceptible_warning>},

      {"context.act.hasAiComponents", kProduct, ".has_ai_components",
       Bool<GetProduct, &Product::has_has_ai_components,
            &Product::has_ai_components>},
      EnumRow<GetProduct, &Product::ai_origin, kAiOrigin>(
          "context.act.aiOrigin", kProduct, ".ai_origin"),
      {"context.act.riskNotice", kProduct, ".risk_notice",
       Bool<GetProduct, &Product::has_risk_notice, &Product::risk_notice>},
      {"context.act.safeUseNotice", kProduct, ".safe_use_notice",
       Bool<GetProduct, &Product::has_safe_use_notice,
            &Product::safe_use_notice>},
      EnumRow<GetProduct, &Product::carrier, kNoticeCarrier>(
          "context.act.carrier", kProduct, ".carrier"),
  };
  rows->insert(rows->end(), acts.begin(), acts.end());
}

}  // namespace

const std::vector<Fact>& AllFacts() {
  static const auto* facts = [] {
    auto* rows = new Rows;
    AddCommon(rows);
    AddGrounds(rows);
    AddRegisters(rows);
    AddDataActs(rows);
    AddProductActs(rows);
    return rows;
  }();
  return *facts;
}

const Fact& ExtensionFact() {
  static const Fact fact = {"context.ext.", kAll, "extensions", Extension};
  return fact;
}

const std::vector<EnumType>& AllEnums() {
  static const auto* enums = new std::vector<EnumType>{
      {"OperatorKind", Operator::Kind_descriptor()},
      {"OperatorRole", Operator::Role_descriptor()},
      {"HumanParticipation", Automated::HumanParticipation_descriptor()},
      {"EffectKind", Automated::Effects::Kind_descriptor()},
      {"RiskKind", Automated::Risks::Kind_descriptor()},
      {"Place", v1::Place_descriptor()},
      {"DataSource", v1::DataSource_descriptor()},
      {"DatabaseGoal", v1::DatabaseGoal_descriptor()},
      {"BiometricObject", Biometric::Object_descriptor()},
      {"BiometricAim", Biometric::Aim_descriptor()},
      {"AnonymisationAgent", Anonymisation::Agent_descriptor()},
      {"NaipUse", Naip::Use_descriptor()},
      {"RiskClass", EGov::RiskClass_descriptor()},
      {"Autonomy", EGov::Autonomy_descriptor()},
      {"ProhibitedFunction", EGov::ProhibitedFunction_descriptor()},
      {"AiOrigin", Product::AiOrigin_descriptor()},
      {"NoticeCarrier", Product::Carrier_descriptor()},
      {"ActType", Basis::ActType_descriptor()},
      {"ConsentChannel", v1::ConsentChannel_descriptor()},
      {"ConsentGiver", v1::ConsentGiver_descriptor()},
  };
  return *enums;
}

}  // namespace tarazy
