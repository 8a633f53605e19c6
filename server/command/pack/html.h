// Text as HTML. Whatever a pack says is text here: nothing of it is markup.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_COMMAND_PACK_HTML_H_
#define TARAZY_SERVER_COMMAND_PACK_HTML_H_

#include <string>

#include "absl/strings/string_view.h"

namespace tarazy {

// For content and for values of attributes in double quotes. Control characters
// and those that change the direction of text or take no room are shown as
// their number, since a page that is signed must read as it stands.
std::string HtmlText(absl::string_view text);

// `<code>` around it; empty for an empty text.
std::string HtmlCode(absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_HTML_H_
