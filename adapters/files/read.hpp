// Files as bytes for codecs/tls. They are read at once, by the thread that calls: small files on a
// local disk take microseconds; a network's file system may block.
#pragma once

#include <cstddef>
#include <parley/adapters/files/errc.hpp>
#include <parley/codecs/tls/config.hpp>
#include <parley/core/error.hpp>
#include <string>

namespace parley::files {

// What one of the calls below reads in all, in bytes: a hundred times the system's store.
inline constexpr std::size_t most_bytes = 16 * 1024 * 1024;

// The whole of a regular file, symbolic links followed, of at most `most` bytes. Never waits for
// the other end of a pipe. Errors: those of errc but `empty`, with the path; out_of_memory.
result<std::string> read_file(const std::string& path, std::size_t most);

// Certificates or revocation lists from a file, as it is, or from a folder: of all regular files
// whose names end in .pem, .crt or .cer, and of OpenSSL's links (a1b2c3d4.0), each file once, in
// the order of their names. In a folder, DER becomes PEM, links that lead nowhere are passed over,
// and a file that is neither PEM nor DER is tls::errc::bad_pem. The source's name is `path`.
//
// A file without a byte is errc::empty, never "nothing was set": an empty list must not switch
// the check of revocation off. So is a folder without such a file.
result<tls::source> read_pem(const std::string& path);

}  // namespace parley::files
