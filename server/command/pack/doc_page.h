// A pack as one page of HTML that a lawyer can read, print and sign: each norm
// beside its policies, in words and as they were written, its readings, duties
// and scenarios with the answers that the pack gives.
//
// The page needs nothing from elsewhere and runs nothing. It has no time of its
// own: the same pack gives the same bytes, wherever it lies.
//
// Thread-safety: a function without state.

#ifndef TARAZY_SERVER_COMMAND_PACK_DOC_PAGE_H_
#define TARAZY_SERVER_COMMAND_PACK_DOC_PAGE_H_

#include <string>

#include "server/command/pack/doc_model.h"

namespace tarazy {

std::string DocPage(const DocModel& model, v1::Language language);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_DOC_PAGE_H_
