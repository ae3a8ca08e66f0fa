#include <tend/inspect/field.hpp>

namespace tend::inspect {

std::string_view name_of(Absence absence) {
  switch (absence) {
    case Absence::not_asked: return "not asked";
    case Absence::not_permitted: return "not permitted";
    case Absence::gone: return "gone";
    case Absence::not_available: return "not available";
  }
  return "";
}

}  // namespace tend::inspect
