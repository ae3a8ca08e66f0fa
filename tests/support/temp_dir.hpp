#pragma once
// TempDir: a fresh folder for one test, gone with everything in it when the test ends.

#include <filesystem>
#include <string>
#include <string_view>

namespace tend::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// The path of an entry as a string, for calls that want one.
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ / name; }

  /// Writes a file into the folder and returns its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_{};
};

/// The whole content of a file; a missing one fails the test and reads as empty.
std::string read_file(const std::filesystem::path& path);

/// The path of a program of tests/programs/.
std::string program(std::string_view name);

}  // namespace tend::test
