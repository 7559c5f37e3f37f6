// OpenSSL's numbers as errors that a person can act on.
#pragma once

#include <parley/codecs/tls/certificate.hpp>
#include <parley/codecs/tls/detail/openssl.hpp>
#include <parley/core/error.hpp>
#include <string>
#include <string_view>

namespace parley::tls::detail {

// Why a certificate was refused, for X509_V_ERR_*. `host` is the name that was asked for.
error refused(X509_STORE_CTX* store, std::string_view host);

// The newest entry of OpenSSL's error queue; `in_handshake`: before the connection was open.
error from_queue(bool in_handshake);

// What a peer sent in the clear.
error in_the_clear(std::string_view seen, bool from_server);

}  // namespace parley::tls::detail
