// The bytes of one message as gRPC holds them.
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_SERVER_SERVICE_BYTES_H_
#define TARAZY_SERVER_SERVICE_BYTES_H_

#include <google/protobuf/message_lite.h>
#include <grpc/byte_buffer.h>

#include <utility>

#include "absl/strings/string_view.h"

namespace tarazy {

class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(absl::string_view encoded);
  explicit Bytes(const google::protobuf::MessageLite& message);
  // The same bytes; `on_released` is called when nobody needs them any more, on
  // whatever thread that is. `other` is not empty.
  Bytes(Bytes other, void (*on_released)());
  Bytes(Bytes&& other) noexcept
      : buffer_(std::exchange(other.buffer_, nullptr)) {}
  Bytes& operator=(Bytes&& other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~Bytes() { Clear(); }

  void Clear();
  bool empty() const { return buffer_ == nullptr; }
  // Of the encoded message. Not empty().
  size_t size() const;
  // False: the bytes are not a message of this kind.
  bool Parse(google::protobuf::MessageLite* message) const;

  // For gRPC, which reads the one and sets the other.
  grpc_byte_buffer* get() const { return buffer_; }
  grpc_byte_buffer** receive() { return &buffer_; }

 private:
  grpc_byte_buffer* buffer_ = nullptr;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_BYTES_H_
