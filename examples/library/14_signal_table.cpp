// Row 14: the table of signals: number, name, standard, what it does by default, what it means; and
// which cannot be caught.
//
// output:
//  1 HUP        P1990  terminate  <any>
//  2 INT        P1990  terminate  <any>
//  3 QUIT       P1990  core       <any>
// ...
//  9 KILL       P1990  terminate  <any> (cannot be caught)
// ...
// 19 STOP       P1990  stop       <any> (cannot be caught)
// ...
// 64 RTMIN+30   P1993  terminate  <any>
// SIGRTMIN+3 is number 37, and 37 is SIGRTMIN+3

#include <tend/signal.hpp>
#include <tend/signal_table.hpp>

#include <cstdio>
#include <string>

int main() {
  for (const tend::SignalDescription& signal : tend::signal_table()) {
    std::printf(
        "%2d %-10s %-6s %-10s %s%s\n", signal.number, std::string(signal.name).c_str(),
        std::string(signal.standard).c_str(), std::string(tend::name_of(signal.action)).c_str(),
        std::string(signal.meaning).c_str(), signal.can_be_caught ? "" : " (cannot be caught)");
  }
  std::printf("SIGRTMIN+3 is number %d, and 37 is %s\n",
              tend::signal_number("SIGRTMIN+3").value_or(0), tend::signal_name(37).c_str());
}
