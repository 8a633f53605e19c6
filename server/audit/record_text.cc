#include "server/audit/record_text.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"

namespace tarazy {
namespace {

std::string Or(absl::string_view text, absl::string_view otherwise) {
  return PlainWord(text.empty() ? otherwise : text);
}

std::string Json(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = indented;
  std::string text;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  // Only instants out of their range have no JSON form.
  return status.ok() ? text : "null";
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return InstantText(ToMilliseconds(time));
}

// Collects "  label       text" lines.
class Page {
 public:
  void Line(absl::string_view label, absl::string_view text) {
    absl::StrAppend(&text_, "  ", label,
                    std::string(label.size() < 13 ? 13 - label.size() : 1, ' '),
                    text, "\n");
  }
  void LineIf(absl::string_view label, absl::string_view text) {
    if (!text.empty()) Line(label, PlainWord(text));
  }
  // The label stands at the first of its lines.
  void Lines(absl::string_view label, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      Line(label, text);
      label = "";
    }
  }
  std::string text_;
};

std::vector<std::string> ReasonLines(const v1::DecideResponse& response) {
  std::vector<std::string> lines;
  for (const v1::Reason& r : response.reasons()) {
    lines.push_back(PlainWord(
        absl::StrCat(r.code(), r.norm().empty() ? "" : ", norm ", r.norm(),
                     r.policy().empty() ? "" : ", policy ", r.policy())));
  }
  return lines;
}

std::vector<std::string> ObligationLines(const v1::DecideResponse& response) {
  std::vector<std::string> lines;
  for (const v1::Obligation& o : response.obligations()) {
    lines.push_back(PlainWord(
        absl::StrCat(o.id(), o.norm().empty() ? "" : ", norm ", o.norm(),
                     o.addressee().empty() ? "" : ", by ", o.addressee(),
                     o.has_due() ? ", before " + TimeText(o.due()) : "",
                     o.breached() ? ", breached" : "")));
  }
  return lines;
}

std::vector<std::string> MissingLines(const v1::DecideResponse& response) {
  std::vector<std::string> lines;
  for (const v1::MissingFact& m : response.missing_facts()) {
    lines.push_back(PlainWord(absl::StrCat(
        m.path(), m.field().empty() ? ", from a register" : ", field ",
        m.field(), m.policy().empty() ? "" : ", policy ", m.policy())));
  }
  return lines;
}

std::string StateText(const v1::DecideResponse& response) {
  if (!response.has_state()) return "";
  return absl::StrCat(response.state().store(), ", epoch ",
                      response.state().epoch(), ", revision ",
                      response.state().revision(), ", ",
                      response.state_age().seconds() * 1000 +
                          response.state_age().nanos() / 1000000,
                      " ms old");
}

std::string ReportLine(uint64_t index, const v1::DecisionRecord& record) {
  const v1::DutyReport& report = record.duty_report();
  return absl::StrCat(index, "  ", TimeText(record.recorded_at()),
                      "  DUTY_REPORT  ", Or(report.service(), "-"), "  ",
                      report.has_fulfilled_at() ? "fulfilled" : "not-fulfilled",
                      "  ", Or(report.obligation(), "-"), "  -  ",
                      report.index());
}

std::string ReportPage(uint64_t index, const v1::DecisionRecord& record) {
  const v1::DutyReport& report = record.duty_report();
  Page page;
  page.text_ = absl::StrCat("record ", index, ", a report of a duty\n");
  page.Line("recorded", TimeText(record.recorded_at()));
  page.Line("decision", absl::StrCat("record ", report.index(), ", recorded ",
                                     TimeText(report.decided_at())));
  page.LineIf("service", report.service());
  page.LineIf("obligation", report.obligation());
  page.Line("fulfilled", report.has_fulfilled_at()
                             ? TimeText(report.fulfilled_at())
                             : "not after all");
  page.LineIf("note", report.note());
  page.LineIf("reported by", report.reported_by());
  return page.text_;
}

}  // namespace

const std::string& ServiceOf(const v1::DecisionRecord& record) {
  return record.has_duty_report() ? record.duty_report().service()
                                  : record.request().service();
}

std::string PlainWord(absl::string_view text) {
  std::string plain(text);
  for (size_t i = 0; i < plain.size(); ++i) {
    const auto c = static_cast<unsigned char>(plain[i]);
    // U+0080 to U+009F are control characters too: C2 80 to C2 9F.
    const bool after_c2 =
        i > 0 && static_cast<unsigned char>(text[i - 1]) == 0xC2;
    if (c < 0x20 || c == 0x7F || (after_c2 && c < 0xA0)) plain[i] = '?';
  }
  return plain;
}

absl::StatusOr<v1::DecisionRecord> ParseRecord(absl::string_view bytes) {
  v1::DecisionRecord record;
  if (record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return record;
  }
  return absl::DataLossError("is no record of a decision");
}

int64_t ToMilliseconds(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1000000;
}

google::protobuf::Timestamp FromMilliseconds(int64_t milliseconds) {
  google::protobuf::Timestamp time;
  time.set_seconds(milliseconds / 1000);
  time.set_nanos(static_cast<int32_t>(milliseconds % 1000) * 1000000);
  return time;
}

std::string InstantText(int64_t milliseconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          absl::FromUnixMillis(milliseconds),
                          absl::UTCTimeZone());
}

std::string OperationName(const v1::Operation& operation) {
  const auto* kind = operation.GetDescriptor()->FindOneofByName("kind");
  const auto* field =
      operation.GetReflection()->GetOneofFieldDescriptor(operation, kind);
  return field == nullptr ? "" : field->name();
}

std::string RecordLine(uint64_t index, const v1::DecisionRecord& record) {
  if (record.has_duty_report()) return ReportLine(index, record);
  const v1::DecideResponse& response = record.response();
  std::vector<std::string> codes;
  for (const v1::Reason& r : response.reasons()) codes.push_back(r.code());
  return absl::StrCat(index, "  ", TimeText(record.recorded_at()), "  ",
                      v1::Effect_Name(response.effect()), "  ",
                      Or(record.request().service(), "-"), "  ",
                      Or(OperationName(record.request().operation()), "-"),
                      "  ", Or(absl::StrJoin(codes, ","), "-"), "  ",
                      Or(response.edition(), "-"), "  ",
                      Or(response.decision_id(), "-"));
}

std::string RecordPage(uint64_t index, const v1::DecisionRecord& record) {
  if (record.has_duty_report()) return ReportPage(index, record);
  const v1::DecideRequest& request = record.request();
  const v1::DecideResponse& response = record.response();
  Page page;
  page.text_ = absl::StrCat("record ", index, "\n");
  page.LineIf("decision", response.decision_id());
  page.Line("recorded", TimeText(record.recorded_at()));
  page.Line("effect", absl::StrCat(v1::Effect_Name(response.effect()), ", ",
                                   v1::Outcome_Name(response.outcome())));
  page.LineIf("operation", OperationName(request.operation()));
  page.LineIf("service", request.service());
  page.LineIf("request id", request.request_id());
  page.LineIf("operator", request.operator_().bin());
  page.LineIf("subject", response.subject_pseudonym());
  page.LineIf("key", record.pseudonym_key());
  page.Lines("reasons", ReasonLines(response));
  page.Lines("obligations", ObligationLines(response));
  page.Lines("missing", MissingLines(response));
  page.LineIf("edition", response.edition());
  page.LineIf("bundle", response.bundle_digest());
  if (response.has_decided_as_of()) {
    page.Line("law as of", TimeText(response.decided_as_of()));
  }
  page.LineIf("state", StateText(response));
  if (record.has_consent()) {
    page.Line("consent", Or(record.consent().id(), "without id"));
  }
  if (record.consent_asserted()) page.Line("consent", "asserted by the caller");
  for (const v1::Objection& o : record.objections()) {
    page.Line("objection", Or(o.id(), "without id"));
  }
  page.LineIf("readings", absl::StrJoin(response.readings(), ", "));
  page.LineIf("notices", absl::StrJoin(response.notices(), ", "));
  std::string json = Json(request, true);
  while (!json.empty() && json.back() == '\n') json.pop_back();
  page.Line("request", absl::StrReplaceAll(json, {{"\n", "\n  "}}));
  return page.text_;
}

std::string DutyLines(const v1::AuditRecord& audited) {
  std::vector<std::string> lines;
  for (const v1::DutyStanding& duty : audited.duties()) {
    std::string line =
        absl::StrCat(duty.obligation(), ", ",
                     absl::AsciiStrToLower(absl::StripPrefix(
                         v1::DutyState_Name(duty.state()), "DUTY_")));
    if (duty.has_fulfilled_at()) {
      absl::StrAppend(&line, duty.late() ? ", late: " : ": ",
                      TimeText(duty.fulfilled_at()));
    }
    if (duty.has_report()) {
      absl::StrAppend(&line, ", by record ", duty.report(), " of ",
                      duty.reported_by(), duty.note().empty() ? "" : ", note ",
                      duty.note());
    }
    lines.push_back(PlainWord(line));
  }
  Page page;
  page.Lines("duties", lines);
  return page.text_;
}

std::string RecordJson(const v1::AuditRecord& audited) {
  std::string text = RecordJson(audited.index(), audited.record());
  if (audited.duties().empty()) return text;
  text.pop_back();
  std::vector<std::string> duties;
  for (const v1::DutyStanding& duty : audited.duties()) {
    duties.push_back(Json(duty, false));
  }
  return absl::StrCat(text, ",\"duties\":[", absl::StrJoin(duties, ","), "]}");
}

std::string RecordJson(uint64_t index, const v1::DecisionRecord& record) {
  return absl::StrCat("{\"index\":", index, ",\"record\":", Json(record, false),
                      "}");
}

}  // namespace tarazy
