// QProcess of Qt 5. needs: pkg-config Qt5Core

#include <QByteArray>
#include <QCoreApplication>
#include <QProcess>

#include <string>

#include "bench/support/contender.hpp"

namespace {

std::size_t run_program(const std::string& program, const QStringList& arguments,
                        QProcess::ProcessChannelMode mode, const std::string* input = nullptr) {
  QProcess process;
  process.setProcessChannelMode(mode);
  if (input == nullptr) {
    process.setInputChannelMode(QProcess::ForwardedInputChannel);
  }
  process.start(QString::fromStdString(program), arguments);
  if (input != nullptr) {
    process.write(input->data(), static_cast<qint64>(input->size()));
    process.closeWriteChannel();
  }
  if (!process.waitForFinished(-1) || process.exitCode() != 0) {
    tend::bench::give_up("QProcess");
  }
  return static_cast<std::size_t>(process.readAllStandardOutput().size());
}

}  // namespace

int main(int argc, char** argv) {
  using std::string;
  const QCoreApplication application(argc, argv);
  return tend::bench::serve(
      {.spawn =
           [](const string& program) { run_program(program, {}, QProcess::ForwardedChannels); },
       .output =
           [](const string& program) {
             return run_program(program, {}, QProcess::ForwardedErrorChannel);
           },
       .capture =
           [](const string& producer, const string& bytes) {
             return run_program(producer, {QString::fromStdString(bytes)},
                                QProcess::ForwardedErrorChannel);
           },
       .through_cat =
           [](const string& input) {
             return run_program("/bin/cat", {}, QProcess::ForwardedErrorChannel, &input);
           }});
}
