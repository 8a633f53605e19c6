// The server's configuration: one YAML file, each key documented here and in
// deploy/tarazy.yaml, unknown keys refused with the nearest known one.
//
// Thread-safety: plain values.

#ifndef TARAZY_SERVER_OPS_CONFIG_H_
#define TARAZY_SERVER_OPS_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tarazy/v1/common.pb.h"

namespace tarazy {

struct Config {
  struct Listen {
    // host:port, port 0 for a free one; empty: no TCP.
    std::string tcp = "127.0.0.1:7310";
    // Path of a Unix socket; empty: none.
    std::string unix_socket;
  } listen;

  struct Threads {
    // Completion queues, each with one thread that polls and decides inline.
    int completion_queues = 1;
  } threads;

  struct Pack {
    // Folder of the pack in service; with `keys`, its signed bundle. Empty:
    // `tarazy serve` takes seed-bill, found beside the binary.
    std::string directory;
    // Instead of it: folders of several editions, in any order. A decision is
    // taken by the edition in force at its instant.
    std::vector<std::string> editions;
    // Readings that are chosen instead of the default ones: the id of the
    // reading, the id of the alternative.
    std::map<std::string, std::string> readings;
    // Folders of enacted editions that answers are compared with; a decision
    // that they would take otherwise says DIVERGES_FROM_ENACTED.
    std::vector<std::string> compare_with;
    // Keys whose signatures count, "name+8 hex digits+base64". Empty: packs
    // are not signed, for development.
    std::vector<std::string> keys;
    // How many of them must have signed a bundle.
    uint32_t threshold = 1;

    // The folders or bundles, whichever way they are named.
    std::vector<std::string> Directories() const {
      return editions.empty() ? std::vector<std::string>{directory} : editions;
    }
  } pack;

  struct Log {
    // Off: nothing is recorded and every answer says so.
    bool enabled = true;
    std::string directory = "log";
    std::string name = "tarazy";
    uint64_t segment_bytes = 64u << 20;
    uint64_t max_queue_bytes = 16u << 20;
    // Segments are sealed (compressed) so many days after their last record,
    // and when those that are not sealed take more bytes; 0: they are not.
    uint32_t seal_after_days = 0;
    uint64_t seal_beyond_bytes = 0;
    // Records are deleted so many days after they were made, behind a signed
    // checkpoint (checkpoints.key_file); 0: never.
    uint32_t retain_days = 0;
    // How far the clock may be ahead of the newest record at the start; what is
    // beyond, deletion does not believe (server/audit/retention_clock.h).
    uint32_t max_clock_jump_days = 7;
  } log;

  // Signed checkpoints of the log.
  struct Checkpoints {
    // Key file; see server/audit/note.h. Empty: nothing is signed.
    std::string key_file;
    // Make the key file when it is absent.
    bool create = false;
    uint32_t interval_ms = 1000;
  } checkpoints;

  // The audit index, which follows the log.
  struct Index {
    // SQLite file; see server/audit/index.h. Empty: none is kept.
    std::string path;
  } index;

  // The published log over HTTP; see server/service/tile_http.h.
  struct Http {
    // host:port, port 0 for a free one; empty: none.
    std::string tiles;
  } http;

  // Salts of the personal inputs that records hold sealed.
  struct Salts {
    // SQLite file; see server/audit/salts.h.
    std::string path = "salts.db";
  } salts;

  struct Registers {
    // SQLite file.
    std::string path = "registers.db";
  } registers;

  struct Pseudonyms {
    // File of the keys; see server/registers/pseudonym.h.
    std::string key_file = "pseudonym.key";
    // Instead of it: name of an environment variable that holds what stands in
    // such a file.
    std::string key_variable;
    // Make the key file when it is absent: for a first run on one machine.
    bool create = false;
  } pseudonyms;

  struct Limits {
    uint32_t message_bytes = 4u << 20;
    uint32_t batch_requests = 1000;
    // Consents of one subject to one operator that a decision tries.
    uint32_t consents_tried = 16;
    // How long a drain waits for calls under way.
    uint32_t drain_seconds = 30;
    // How far from the server's clock a request may state its decision_time
    // without the right to choose it. The clock decides then.
    uint32_t decision_time_skew_ms = 5000;
  } limits;

  struct Rights {
    // Whether consent that a caller asserts counts.
    bool assert_consent = false;
    // Whether requests may choose the instant they are decided at: its law and
    // the terms of consents as they stood then.
    bool choose_decision_time = false;
    // Who may read the audit: an auditor all, a service the decisions that it
    // asked for, about whose duties it may report too; nobody else any.
    enum class Role { kAuditor, kService };
    struct Caller {
      std::string name;
      // See server/ops/callers.h.
      std::string token_file;
      Role role = Role::kService;
      std::string service;  // for kService
    };
    std::vector<Caller> callers;
  } rights;

  v1::Language default_language = v1::LANGUAGE_KK;
};

// Relative paths are relative to the file's folder, defaults too. An absent
// key keeps its default. Everything that is wrong is named with file, line and
// key, a line each (INVALID_ARGUMENT); NOT_FOUND when the file can't be read.
absl::StatusOr<Config> ReadConfig(const std::string& path);

// Whether `text` is "host:port" or "[v6]:port", the port 0 to 65535.
bool IsHostPort(absl::string_view text);

// Puts `folder` before each path that is relative.
void ResolvePaths(absl::string_view folder, Config* config);

}  // namespace tarazy

#endif  // TARAZY_SERVER_OPS_CONFIG_H_
