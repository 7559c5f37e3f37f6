#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <parley/codecs/tls/detail/read.hpp>
#include <parley/codecs/tls/errc.hpp>
#include <parley/core/async/guard.hpp>
#include <parley/core/net/address.hpp>
#include <span>

namespace parley::tls::detail {
namespace {

bio_ptr open_bytes(std::string_view bytes) {
  return bio_ptr(BIO_new_mem_buf(bytes.data(),
                                 static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 30))));
}

std::string named(const source& from, std::string_view otherwise) {
  return from.name.empty() ? std::string(otherwise) : from.name;
}

bool is_pem(std::string_view bytes) { return bytes.contains("-----BEGIN "); }

// The end of the input is an error to OpenSSL; any other one is one to us.
bool is_at_end() {
  const unsigned long code = ERR_peek_last_error();
  const bool end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (end) ERR_clear_error();
  return end;
}

template <class Ptr, class Pem, class Der>
result<std::vector<Ptr>> read_all(const source& from, std::string_view what, Pem&& pem, Der&& der) {
  ERR_clear_error();
  std::vector<Ptr> found;
  const bio_ptr in = open_bytes(from.bytes);
  if (!is_pem(from.bytes)) {
    if (Ptr one{der(in.get())}) found.push_back(std::move(one));
  } else {
    while (Ptr one{pem(in.get())}) found.push_back(std::move(one));
    if (!is_at_end()) {
      return fail(errc::bad_pem, named(from, what) + ": object " +
                                     std::to_string(found.size() + 1) + ": " + take_reason());
    }
  }
  if (!found.empty()) return found;
  const std::string reason = take_reason();
  return fail(errc::bad_pem, named(from, what) + (reason.empty() ? "" : ": " + reason));
}

// OpenSSL asks for a password here.
struct password_request {
  callback<secret()>& ask;
  bool asked = false;
  result<void> answer{};
};
int give_password(char* into, int room, int, void* data) {
  auto& request = *static_cast<password_request*>(data);
  request.asked = true;
  if (!request.ask) return -1;
  int size = -1;
  // What the user's function throws must not pass through C.
  request.answer = guarded([&] {
    const secret password = request.ask();
    const std::string_view text = password.reveal();
    if (text.size() > static_cast<std::size_t>(room)) return;
    std::copy(text.begin(), text.end(), into);
    size = static_cast<int>(text.size());
  });
  return size;
}

std::string text_of(const X509_NAME* name) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  // Escapes control characters and everything outside ASCII.
  constexpr unsigned long left_out = ASN1_STRFLGS_UTF8_CONVERT | XN_FLAG_SPC_EQ;
  X509_NAME_print_ex(out.get(), name, 0,
                     (XN_FLAG_ONELINE & ~left_out) | ASN1_STRFLGS_ESC_MSB | ASN1_STRFLGS_ESC_CTRL);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(std::max(size, 0L))};
}

wall_time time_of(const ASN1_TIME* t) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(t, &parts) != 1) return {};
  using namespace std::chrono;
  const year_month_day date(year(parts.tm_year + 1900),
                            month(static_cast<unsigned>(parts.tm_mon) + 1),
                            day(static_cast<unsigned>(parts.tm_mday)));
  return sys_days(date) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string address_text(std::span<const unsigned char> ip) {
  if (ip.size() == 4) {
    address::bytes_v4 v4{};
    std::ranges::copy(ip, v4.begin());
    const std::string text = address::v4(v4, 0).to_string();
    return text.substr(0, text.rfind(':'));
  }
  if (ip.size() != 16) return hex(ip);
  address::bytes_v6 v6{};
  std::ranges::copy(ip, v6.begin());
  const std::string text = address::v6(v6, 0).to_string();
  return text.substr(1, text.rfind(']') - 1);
}

std::vector<std::string> names_of(X509& of) {
  std::vector<std::string> out;
  const names_ptr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&of, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    int type = 0;
    const auto* text = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    const std::span bytes(ASN1_STRING_get0_data(text),
                          static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (type == GEN_IPADD) {
      out.push_back(address_text(bytes));
      continue;
    }
    std::string& shown = out.emplace_back();
    for (const unsigned char c : bytes) shown += c > ' ' && c <= '~' ? static_cast<char>(c) : '?';
  }
  return out;
}

}  // namespace

std::string take_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* text = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return text ? text : "";
}

result<std::vector<x509_ptr>> read_certificates(const source& from) {
  return read_all<x509_ptr>(
      from, "certificate", [](BIO* in) { return PEM_read_bio_X509(in, nullptr, nullptr, nullptr); },
      [](BIO* in) { return d2i_X509_bio(in, nullptr); });
}

result<std::vector<crl_ptr>> read_crls(const source& from) {
  return read_all<crl_ptr>(
      from, "revocation list",
      [](BIO* in) { return PEM_read_bio_X509_CRL(in, nullptr, nullptr, nullptr); },
      [](BIO* in) { return d2i_X509_CRL_bio(in, nullptr); });
}

result<key_ptr> read_key(const source& from, callback<secret()>& password) {
  ERR_clear_error();
  const bio_ptr in = open_bytes(from.bytes);
  password_request request{password};
  key_ptr key(is_pem(from.bytes)
                  ? PEM_read_bio_PrivateKey(in.get(), nullptr, give_password, &request)
                  : d2i_PrivateKey_bio(in.get(), nullptr));
  if (key) return key;
  const std::string reason = take_reason();
  const std::string name = named(from, "private key");
  if (request.asked && !request.ask) {
    return fail(errc::wrong_password, name + ": it is encrypted, and no password was given");
  }
  if (!request.answer) return std::unexpected(std::move(request.answer).error());
  if (request.asked) return fail(errc::wrong_password, name);
  return fail(errc::bad_key, reason.empty() ? name : name + ": " + reason);
}

certificate describe(X509& of) {
  certificate out;
  out.subject = text_of(X509_get_subject_name(&of));
  out.issuer = text_of(X509_get_issuer_name(&of));
  out.names = names_of(of);
  out.not_before = time_of(X509_get0_notBefore(&of));
  out.not_after = time_of(X509_get0_notAfter(&of));
  const ASN1_INTEGER* serial = X509_get0_serialNumber(&of);
  out.serial =
      hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(&of, EVP_sha256(), digest, &size) == 1) out.fingerprint = hex({digest, size});
  return out;
}

}  // namespace parley::tls::detail
