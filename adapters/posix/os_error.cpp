#include <cerrno>
#include <parley/adapters/posix/os_error.hpp>
#include <system_error>

namespace parley::posix {
namespace {

// By what the caller can do about it, not by the number: all that a retry may cure
// becomes one of the transient codes.
errc code_of(int code) {
  switch (code) {
    case ECONNREFUSED:
    case ENOENT:  // a Unix socket that is not there
      return errc::refused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
      return errc::unreachable;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return errc::reset;
    case ETIMEDOUT:
      return errc::timed_out;
    case ENOMEM:
    case ENOBUFS:
      return errc::out_of_memory;
    case ENAMETOOLONG:
    case EINVAL:
    case EAFNOSUPPORT:
      return errc::invalid_argument;
    default:
      return errc::io;
  }
}

// Where the hint of the code itself would not help.
std::string_view hint_of(int code) {
  switch (code) {
    case ENOENT:
      return "no such socket: check the path, and that the service is running";
    case EACCES:
    case EPERM:
      return "check who may use this socket or port, and the firewall";
    case EADDRINUSE:
      return "another program listens there: stop it, or choose another port or path";
    case EADDRNOTAVAIL:
      return "this machine has no such address, or no free port is left";
    case EMFILE:
    case ENFILE:
      return "too many open files: close some, or raise the limit (ulimit -n)";
    case EAGAIN:
      return "the service is overloaded: it accepts connections too slowly";
    case ENAMETOOLONG:
      return "the path of a Unix socket has at most 107 bytes";
    case EAFNOSUPPORT:
      return "this machine does not have this kind of address";
    default:
      return {};
  }
}

}  // namespace

error from_errno(int code, std::string_view where) {
  const errc what = code_of(code);
  std::string message(where);
  // The other codes say the same in their own text.
  if (what == errc::io || what == errc::invalid_argument) {
    message.append(": ").append(std::generic_category().message(code));
  }
  error why(what, std::move(message));
  const std::string_view hint = hint_of(code);
  return hint.empty() ? why : std::move(why).with_hint(std::string(hint));
}

}  // namespace parley::posix
