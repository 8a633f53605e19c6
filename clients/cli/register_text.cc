#include "clients/cli/register_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "clients/cli/plain_text.h"

namespace tarazy {
namespace {

// A line, unless there is nothing to say.
void Line(absl::string_view label, absl::string_view value, std::string* text) {
  if (value.empty()) return;
  absl::StrAppendFormat(text, "  %-12s %s\n", label, PlainText(value));
}

std::string Term(const v1::Period& period) {
  std::string term = period.has_from()
                         ? absl::StrCat("from ", InstantText(period.from()))
                         : "from the beginning";
  absl::StrAppend(
      &term, period.has_until()
                 ? absl::StrCat(" until before ", InstantText(period.until()))
                 : ", without a set end");
  return term;
}

std::string Covers(const v1::Consent& consent) {
  std::vector<const char*> covers;
  if (consent.covers_automated_processing()) {
    covers.push_back("automated processing");
  }
  if (consent.third_party()) covers.push_back("third parties");
  if (consent.cross_border()) covers.push_back("transfer abroad");
  if (consent.publication()) covers.push_back("publication");
  return absl::StrJoin(covers, ", ");
}

std::string Standing(const v1::Consent& consent) {
  if (consent.has_withdrawn_at()) {
    return absl::StrCat("withdrawn ", InstantText(consent.withdrawn_at()));
  }
  if (!consent.withdrawal_barred_reason().empty()) {
    return absl::StrCat("withdrawal barred: ",
                        consent.withdrawal_barred_reason());
  }
  return "not withdrawn";
}

}  // namespace

std::string ConsentText(const v1::Consent& consent) {
  std::string text = absl::StrCat("consent ", PlainText(consent.id()), "\n");
  Line("subject", consent.subject().pseudonym(), &text);
  Line("operator", consent.operator_bin(), &text);
  Line("purposes", absl::StrJoin(consent.purposes(), ", "), &text);
  Line("data items", absl::StrJoin(consent.data_items(), ", "), &text);
  Line("given",
       absl::StrCat(v1::ConsentGiver_Name(consent.given_by()), ", ",
                    v1::ConsentChannel_Name(consent.channel())),
       &text);
  Line("valid", Term(consent.validity()), &text);
  Line("covers", Covers(consent), &text);
  Line("evidence", consent.evidence(), &text);
  Line("registered", InstantText(consent.registered_at()), &text);
  Line("standing", Standing(consent), &text);
  return text;
}

std::string ObjectionText(const v1::Objection& objection) {
  std::string text =
      absl::StrCat("objection ", PlainText(objection.id()), "\n");
  Line("subject", objection.subject().pseudonym(), &text);
  Line("operator", objection.operator_bin(), &text);
  Line("processing", objection.processing_id(), &text);
  Line("received",
       absl::StrCat(InstantText(objection.received_at()), " by ",
                    objection.channel()),
       &text);
  Line("due before", InstantText(objection.due()), &text);
  Line("alarm at", InstantText(objection.alarm()), &text);
  Line("calendar", objection.calendar_version(), &text);
  if (objection.status() != v1::Objection::DECIDED) {
    Line("standing", "not decided", &text);
    return text;
  }
  Line("standing",
       absl::StrCat(v1::Objection::Result_Name(objection.result()), " ",
                    InstantText(objection.decided_at())),
       &text);
  Line("reason", objection.result_reason(), &text);
  Line("notified",
       !objection.has_notified_at()
           ? "not yet"
           : absl::StrCat(InstantText(objection.notified_at()),
                          objection.appeal_info_given()
                              ? ", told how to appeal"
                              : ", not told how to appeal"),
       &text);
  return text;
}

}  // namespace tarazy
