#include <tend/signal_table.hpp>

namespace tend {

namespace {

using enum DefaultAction;

constexpr std::string_view own_use = "for the program's own use";

constexpr SignalDescription table[] = {
    {1, "HUP", "", "P1990", terminate, "terminal closed; by custom: read the configuration again"},
    {2, "INT", "", "P1990", terminate, "interrupt from the keyboard (Ctrl-C)"},
    {3, "QUIT", "", "P1990", core, "quit from the keyboard (Ctrl-\\)"},
    {4, "ILL", "", "P1990", core, "illegal instruction"},
    {5, "TRAP", "", "P2001", core, "breakpoint or trace"},
    {6, "ABRT", "IOT", "P1990", core, "abort(3)"},
    {7, "BUS", "", "P2001", core, "bad memory access, such as beyond the end of a mapped file"},
    {8, "FPE", "", "P1990", core, "arithmetic error, such as division by zero"},
    {9, "KILL", "", "P1990", terminate, "killed", false},
    {10, "USR1", "", "P1990", terminate, "for the program's own use"},
    {11, "SEGV", "", "P1990", core, "invalid memory reference"},
    {12, "USR2", "", "P1990", terminate, "for the program's own use"},
    {13, "PIPE", "", "P1990", terminate, "write to a pipe that nobody reads"},
    {14, "ALRM", "", "P1990", terminate, "timer of alarm(2)"},
    {15, "TERM", "", "P1990", terminate, "please end"},
    {16, "STKFLT", "", "-", terminate, "stack fault of the coprocessor (unused)"},
    {17, "CHLD", "CLD", "P1990", ignore, "a child ended, stopped or continued"},
    {18, "CONT", "", "P1990", resume, "continue if stopped"},
    {19, "STOP", "", "P1990", stop, "stopped", false},
    {20, "TSTP", "", "P1990", stop, "stop from the keyboard (Ctrl-Z)"},
    {21, "TTIN", "", "P1990", stop, "read from the terminal by a background process"},
    {22, "TTOU", "", "P1990", stop, "write to the terminal by a background process"},
    {23, "URG", "", "P2001", ignore, "urgent data on a socket"},
    {24, "XCPU", "", "P2001", core, "limit of CPU time exceeded"},
    {25, "XFSZ", "", "P2001", core, "limit of file size exceeded"},
    {26, "VTALRM", "", "P2001", terminate, "virtual timer of setitimer(2)"},
    {27, "PROF", "", "P2001", terminate, "profiling timer of setitimer(2)"},
    {28, "WINCH", "", "-", ignore, "the window changed its size"},
    {29, "IO", "POLL", "-", terminate, "input or output is possible"},
    {30, "PWR", "", "-", terminate, "power failure"},
    {31, "SYS", "", "P2001", core, "bad system call, also from seccomp(2)"},
    {32, "", "", "-", terminate, "kept by libc for its threads"},
    {33, "", "", "-", terminate, "kept by libc for its threads"},
    {34, "RTMIN", "", "P1993", terminate, own_use},
    {35, "RTMIN+1", "", "P1993", terminate, own_use},
    {36, "RTMIN+2", "", "P1993", terminate, own_use},
    {37, "RTMIN+3", "", "P1993", terminate, own_use},
    {38, "RTMIN+4", "", "P1993", terminate, own_use},
    {39, "RTMIN+5", "", "P1993", terminate, own_use},
    {40, "RTMIN+6", "", "P1993", terminate, own_use},
    {41, "RTMIN+7", "", "P1993", terminate, own_use},
    {42, "RTMIN+8", "", "P1993", terminate, own_use},
    {43, "RTMIN+9", "", "P1993", terminate, own_use},
    {44, "RTMIN+10", "", "P1993", terminate, own_use},
    {45, "RTMIN+11", "", "P1993", terminate, own_use},
    {46, "RTMIN+12", "", "P1993", terminate, own_use},
    {47, "RTMIN+13", "", "P1993", terminate, own_use},
    {48, "RTMIN+14", "", "P1993", terminate, own_use},
    {49, "RTMIN+15", "", "P1993", terminate, own_use},
    {50, "RTMIN+16", "", "P1993", terminate, own_use},
    {51, "RTMIN+17", "", "P1993", terminate, own_use},
    {52, "RTMIN+18", "", "P1993", terminate, own_use},
    {53, "RTMIN+19", "", "P1993", terminate, own_use},
    {54, "RTMIN+20", "", "P1993", terminate, own_use},
    {55, "RTMIN+21", "", "P1993", terminate, own_use},
    {56, "RTMIN+22", "", "P1993", terminate, own_use},
    {57, "RTMIN+23", "", "P1993", terminate, own_use},
    {58, "RTMIN+24", "", "P1993", terminate, own_use},
    {59, "RTMIN+25", "", "P1993", terminate, own_use},
    {60, "RTMIN+26", "", "P1993", terminate, own_use},
    {61, "RTMIN+27", "", "P1993", terminate, own_use},
    {62, "RTMIN+28", "", "P1993", terminate, own_use},
    {63, "RTMIN+29", "", "P1993", terminate, own_use},
    {64, "RTMIN+30", "RTMAX", "P1993", terminate, own_use},
};

}  // namespace

std::span<const SignalDescription> signal_table() { return table; }

std::string_view name_of(DefaultAction action) {
  switch (action) {
    case terminate: return "terminate";
    case core: return "core";
    case ignore: return "ignore";
    case stop: return "stop";
    case resume: return "continue";
  }
  return "";
}

}  // namespace tend
