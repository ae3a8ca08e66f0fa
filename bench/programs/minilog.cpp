// The floor of logging: reads standard input, writes it to FILE, and renames the file behind a line
// when it has reached BYTES: no times, no index.
//
//   minilog FILE BYTES

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

char block[1 << 20];

class RotatedFile {
 public:
  RotatedFile(const char* path, unsigned long most) : path_(path), most_(most) { open_fresh(); }
  RotatedFile(const RotatedFile&) = delete;
  RotatedFile& operator=(const RotatedFile&) = delete;
  ~RotatedFile() { close(file_); }

  void take(const char* bytes, std::size_t count) {
    if (size_ + count > most_) {
      const void* newline = memrchr(bytes, '\n', count);
      if (newline != nullptr) {
        const std::size_t head =
            static_cast<std::size_t>(static_cast<const char*>(newline) - bytes) + 1;
        put(bytes, head);
        rotate();
        bytes += head;
        count -= head;
      }
    }
    put(bytes, count);
  }

 private:
  void open_fresh() {
    file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    size_ = 0;
  }

  void rotate() {
    close(file_);
    std::rename(path_.c_str(), (path_ + "." + std::to_string(++number_)).c_str());
    open_fresh();
  }

  void put(const char* bytes, std::size_t count) {
    size_ += count;
    while (count > 0) {
      const ssize_t written = write(file_, bytes, count);
      if (written < 0) {
        std::perror("write");
        std::exit(EXIT_FAILURE);
      }
      bytes += written;
      count -= static_cast<std::size_t>(written);
    }
  }

  std::string path_;
  unsigned long most_;
  unsigned long size_ = 0;
  int file_ = -1;
  int number_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: minilog FILE BYTES\n", stderr);
    return 2;
  }
  RotatedFile file(argv[1], std::strtoul(argv[2], nullptr, 10));
  while (true) {
    const ssize_t count = read(0, block, sizeof block);
    if (count <= 0) {
      return count == 0 ? 0 : 1;
    }
    file.take(block, static_cast<std::size_t>(count));
  }
}
