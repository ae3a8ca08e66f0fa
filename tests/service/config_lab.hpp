#pragma once
// For tests of the config: made-up surroundings, and a text parsed in one call.

#include <map>
#include <string>
#include <string_view>

#include "service/config/service_file.hpp"

namespace tend::service::config::lab {

/// Root, in /srv/app, with PATH, HOME and USER; the users www (33), with the groups 33 and 44, and
/// self (1000); the group video (44).
Surroundings as_root();

/// The same as uid and gid 1000.
Surroundings as_self();

/// With these env-files; all others are missing.
Surroundings with_files(std::map<std::string, std::string> files);

/// What is wrong with the text: `line:column: message`, a hint on a line of its own that begins
/// with two spaces. "good" when nothing is.
std::string verdict(std::string_view text, const Surroundings& surroundings = as_root());

/// The verdict of `[service.web]`, `run = "x"` and these lines, which begin at line 3.
std::string verdict_of_service(std::string_view lines,
                               const Surroundings& surroundings = as_root());

/// The project of a text that must be good; a wrong one fails the test.
ProjectSpec project(std::string_view text, const Surroundings& surroundings = as_root());

/// The service of `[service.web]`, `run = "x"` and these lines, which must be good.
ServiceSpec service(std::string_view lines, const Surroundings& surroundings = as_root());

}  // namespace tend::service::config::lab
