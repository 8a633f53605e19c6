// The flags by which `tarazy audit` picks records.
//
// Thread-safety: plain values.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_FILTER_H_
#define TARAZY_SERVER_COMMAND_AUDIT_FILTER_H_

#include <cstdint>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "tarazy/v1/audit.pb.h"

namespace tarazy {

struct FilterFlags {
  std::string from;
  std::string until;
  std::string operator_bin;
  std::string service;
  std::string subject;
  std::string norm;
  std::string reason;
  std::string obligation;
  std::string duty;
  std::string duty_at;
  bool duty_reports = false;
  std::string effect;
  std::string edition;
  std::string bundle;
  std::string operation;

  void AddTo(CLI::App* app);
  // INVALID_ARGUMENT names the flag.
  absl::StatusOr<v1::AuditFilter> ToFilter() const;
};

// Milliseconds since 1970 UTC. INVALID_ARGUMENT names the flag.
absl::StatusOr<int64_t> ReadInstantFlag(const char* flag,
                                        const std::string& text);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_FILTER_H_
