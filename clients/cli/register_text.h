// Entries of the registers as text for people who keep them. In English, for
// integrators; nothing of it is a notice to a subject.
//
// Thread-safety: functions without state.

#ifndef TARAZY_CLIENTS_CLI_REGISTER_TEXT_H_
#define TARAZY_CLIENTS_CLI_REGISTER_TEXT_H_

#include <string>

#include "tarazy/v1/registers.pb.h"

namespace tarazy {

std::string ConsentText(const v1::Consent& consent);
std::string ObjectionText(const v1::Objection& objection);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_REGISTER_TEXT_H_
