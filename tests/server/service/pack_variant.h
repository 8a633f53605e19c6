// A copy of the default pack that a test may spoil.

#ifndef TARAZY_TESTS_SERVER_SERVICE_PACK_VARIANT_H_
#define TARAZY_TESTS_SERVER_SERVICE_PACK_VARIANT_H_

#include <string>

namespace tarazy {

class PackVariant {
 public:
  // Copies the pack to `folder`/`name`.
  PackVariant(const std::string& folder, const std::string& name);

  const std::string& folder() const { return folder_; }

  // Writes a file of the pack anew.
  void Write(const std::string& file, const std::string& text);
  std::string Read(const std::string& file) const;
  // Replaces the first `from` after `after`; both must be there.
  void Replace(const std::string& file, const std::string& after,
               const std::string& from, const std::string& to);
  // Declares `declaration` under context.ext of consumer products.
  void DeclareExtension(const std::string& declaration);

 private:
  std::string folder_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_SERVICE_PACK_VARIANT_H_
