#include "server/service/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <set>
#include <utility>

#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace tarazy {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;
using Services = std::shared_ptr<const std::vector<std::string>>;

// A file and all that it imports, each once, the file first.
void AddFile(const FileDescriptor* file, std::set<const FileDescriptor*>* seen,
             ServerReflectionResponse* response) {
  if (!seen->insert(file).second) return;
  FileDescriptorProto proto;
  file->CopyTo(&proto);
  response->mutable_file_descriptor_response()->add_file_descriptor_proto(
      proto.SerializeAsString());
  for (int i = 0; i < file->dependency_count(); ++i) {
    AddFile(file->dependency(i), seen, response);
  }
}

void AnswerFile(const FileDescriptor* file,
                ServerReflectionResponse* response) {
  if (file == nullptr) {
    auto* error = response->mutable_error_response();
    error->set_error_code(grpc::StatusCode::NOT_FOUND);
    error->set_error_message("not found");
    return;
  }
  std::set<const FileDescriptor*> seen;
  AddFile(file, &seen, response);
}

void Answer(const ServerReflectionRequest& request, const Services& services,
            ServerReflectionResponse* response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  response->set_valid_host(request.host());
  *response->mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      return AnswerFile(pool.FindFileByName(request.file_by_filename()),
                        response);
    case ServerReflectionRequest::kFileContainingSymbol:
      return AnswerFile(
          pool.FindFileContainingSymbol(request.file_containing_symbol()),
          response);
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const Descriptor* type =
          pool.FindMessageTypeByName(wanted.containing_type());
      const FieldDescriptor* extension =
          type == nullptr
              ? nullptr
              : pool.FindExtensionByNumber(type, wanted.extension_number());
      return AnswerFile(extension == nullptr ? nullptr : extension->file(),
                        response);
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType: {
      const Descriptor* type =
          pool.FindMessageTypeByName(request.all_extension_numbers_of_type());
      if (type == nullptr) return AnswerFile(nullptr, response);
      auto* answer = response->mutable_all_extension_numbers_response();
      answer->set_base_type_name(type->full_name());
      std::vector<const FieldDescriptor*> extensions;
      pool.FindAllExtensions(type, &extensions);
      for (const FieldDescriptor* extension : extensions) {
        answer->add_extension_number(extension->number());
      }
      return;
    }
    case ServerReflectionRequest::kListServices: {
      auto* list = response->mutable_list_services_response();
      for (const std::string& name : *services) {
        list->add_service()->set_name(name);
      }
      return;
    }
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET: {
      auto* error = response->mutable_error_response();
      error->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
      error->set_error_message("message_request: is required");
      return;
    }
  }
}

// One question after the other.
class ReflectionCall final : public Call {
 public:
  ReflectionCall(Queue* queue, const Method* method, Services services)
      : Call(queue, method), services_(std::move(services)) {}

 private:
  void OnStart() override { ListenForDrain(); }
  void OnMessage() override {
    auto* request = New<ServerReflectionRequest>();
    if (!Parse(request)) {
      return Finish(absl::InvalidArgumentError(
          "request: is not a ServerReflectionRequest"));
    }
    auto* response = New<ServerReflectionResponse>();
    Answer(*request, services_, response);
    answering_ = true;
    Write(Bytes(*response));
    arena()->Reset();
  }
  void OnReadEnd() override {
    if (message_too_large()) {
      Finish(absl::ResourceExhaustedError("request: is over the limit"));
    } else {
      Finish(absl::OkStatus());
    }
  }
  void OnWritten(bool ok) override {
    answering_ = false;
    if (drain_) return Finish(absl::UnavailableError("the server is draining"));
    if (!ok) return Finish(absl::CancelledError("the caller is gone"));
    Read();
  }
  void OnDrain() override {
    drain_ = true;
    if (!answering_) Finish(absl::UnavailableError("the server is draining"));
  }
  void OnOver() override { answering_ = drain_ = false; }

  const Services services_;
  bool answering_ = false;
  bool drain_ = false;
};

}  // namespace

std::vector<Method> ReflectionMethods(const std::vector<std::string>& names) {
  const Services services =
      std::make_shared<const std::vector<std::string>>(names);
  Method method;
  method.name =
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  method.traffic = false;
  method.waiting = 2;
  method.make = [services](Queue* queue, const Method* self) {
    return std::make_unique<ReflectionCall>(queue, self, services);
  };
  return {method};
}

}  // namespace tarazy
