#include "server/service/bytes.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

namespace tarazy {
namespace {

// Takes over the slice.
grpc_byte_buffer* Wrap(grpc_slice slice) {
  grpc_byte_buffer* buffer = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_slice_unref(slice);
  return buffer;
}

bool ParseSlice(const grpc_slice& slice,
                google::protobuf::MessageLite* message) {
  return message->ParseFromArray(GRPC_SLICE_START_PTR(slice),
                                 static_cast<int>(GRPC_SLICE_LENGTH(slice)));
}

struct Watched {
  grpc_slice slice;
  void (*on_released)();
};

void Release(void* watched) {
  auto* const w = static_cast<Watched*>(watched);
  w->on_released();
  grpc_slice_unref(w->slice);
  delete w;
}

}  // namespace

Bytes::Bytes(absl::string_view encoded)
    : buffer_(
          Wrap(grpc_slice_from_copied_buffer(encoded.data(), encoded.size()))) {
}

Bytes::Bytes(const google::protobuf::MessageLite& message) {
  grpc_slice slice = grpc_slice_malloc(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(GRPC_SLICE_START_PTR(slice));
  buffer_ = Wrap(slice);
}

Bytes::Bytes(Bytes other, void (*on_released)()) {
  grpc_byte_buffer_reader reader;
  grpc_byte_buffer_reader_init(&reader, other.buffer_);
  auto* const watched =
      new Watched{grpc_byte_buffer_reader_readall(&reader), on_released};
  grpc_byte_buffer_reader_destroy(&reader);
  buffer_ = Wrap(grpc_slice_new_with_user_data(
      GRPC_SLICE_START_PTR(watched->slice), GRPC_SLICE_LENGTH(watched->slice),
      Release, watched));
}

size_t Bytes::size() const { return grpc_byte_buffer_length(buffer_); }

void Bytes::Clear() {
  if (buffer_ != nullptr) grpc_byte_buffer_destroy(buffer_);
  buffer_ = nullptr;
}

bool Bytes::Parse(google::protobuf::MessageLite* message) const {
  if (buffer_ == nullptr) return false;
  const auto& raw = buffer_->data.raw;
  if (raw.compression == GRPC_COMPRESS_NONE && raw.slice_buffer.count == 1) {
    return ParseSlice(raw.slice_buffer.slices[0], message);
  }
  grpc_byte_buffer_reader reader;
  if (!grpc_byte_buffer_reader_init(&reader, buffer_)) return false;
  const grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
  const bool parsed = ParseSlice(all, message);
  grpc_slice_unref(all);
  grpc_byte_buffer_reader_destroy(&reader);
  return parsed;
}

}  // namespace tarazy
