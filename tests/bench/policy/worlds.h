// Policy sets, entities and requests of the engine benchmarks, as text, so
// that another engine can be given the same.

#ifndef TARAZY_TESTS_BENCH_POLICY_WORLDS_H_
#define TARAZY_TESTS_BENCH_POLICY_WORLDS_H_

#include <string>
#include <vector>

namespace tarazy {

struct BenchWorld {
  std::string name;
  std::string schema;                 // human syntax
  std::string policies;               // Cedar text
  std::string entities;               // JSON
  std::vector<std::string> requests;  // JSON, asked in turn
};

// `count` policies, each for one user and one document.
BenchWorld ScopedWorld(int count);
// 10,000 entities in groups nested ten deep; policies that ask for a group.
BenchWorld EntityWorld();
// Conditions on long strings, patterns and sets of strings.
BenchWorld StringWorld();

// The decision policies of the pack seed-bill, and a request for automated
// processing that a consent permits.
BenchWorld LawWorld();

}  // namespace tarazy

#endif  // TARAZY_TESTS_BENCH_POLICY_WORLDS_H_
