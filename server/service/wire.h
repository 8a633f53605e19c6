// Fields of a message, written as the wire format has them.
//
// Answers and records are put together from parts that are encoded already:
// encoded messages one after the other are the encoding of their merger.
//
// Thread-safety: functions without state.
// Source: Protocol Buffers encoding.

#ifndef TARAZY_SERVER_SERVICE_WIRE_H_
#define TARAZY_SERVER_SERVICE_WIRE_H_

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tarazy {

inline void AppendVarint(uint64_t value, std::string* out) {
  uint8_t bytes[10];
  const uint8_t* end =
      google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(value,
                                                                    bytes);
  out->append(reinterpret_cast<const char*>(bytes),
              static_cast<size_t>(end - bytes));
}

// Tag and length of a field whose bytes follow.
inline void AppendHead(int field, size_t bytes, std::string* out) {
  using google::protobuf::internal::WireFormatLite;
  AppendVarint(
      WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED),
      out);
  AppendVarint(bytes, out);
}

inline void AppendBytes(int field, absl::string_view bytes, std::string* out) {
  AppendHead(field, bytes.size(), out);
  out->append(bytes.data(), bytes.size());
}

inline void AppendTrue(int field, std::string* out) {
  using google::protobuf::internal::WireFormatLite;
  AppendVarint(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_VARINT),
               out);
  AppendVarint(1, out);
}

// `bytes` is what ByteSizeLong has just given.
inline void AppendSized(const google::protobuf::MessageLite& message,
                        size_t bytes, std::string* out) {
  const size_t start = out->size();
  out->resize(start + bytes);
  message.SerializeWithCachedSizesToArray(
      reinterpret_cast<uint8_t*>(&(*out)[start]));
}

// The message itself, without a tag.
inline void AppendEncoded(const google::protobuf::MessageLite& message,
                          std::string* out) {
  AppendSized(message, message.ByteSizeLong(), out);
}

inline void AppendMessage(int field,
                          const google::protobuf::MessageLite& message,
                          std::string* out) {
  const size_t bytes = message.ByteSizeLong();
  AppendHead(field, bytes, out);
  AppendSized(message, bytes, out);
}

// Takes the first field of this number out of an encoded message.
inline void CutField(int field, std::string* encoded) {
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::io::CodedInputStream in(
      reinterpret_cast<const uint8_t*>(encoded->data()),
      static_cast<int>(encoded->size()));
  for (;;) {
    const int begin = in.CurrentPosition();
    const uint32_t tag = in.ReadTag();
    if (tag == 0 || !WireFormatLite::SkipField(&in, tag)) return;
    if (WireFormatLite::GetTagFieldNumber(tag) == field) {
      encoded->erase(static_cast<size_t>(begin),
                     static_cast<size_t>(in.CurrentPosition() - begin));
      return;
    }
  }
}

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_WIRE_H_
