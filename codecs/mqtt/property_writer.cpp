#include <parley/codecs/mqtt/detail/put.hpp>
#include <parley/codecs/mqtt/property_scan.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <string>

namespace parley::mqtt {

// Room for the identifier and `size` bytes of value, if the property may be there; null otherwise.
std::byte* property_writer::begin(property id, property_type type, std::size_t size) noexcept {
  const property_info& info = info_of(id);
  if (info.type != type) {
    refuse(info.type == property_type::none ? errc::unknown_property : errc::bad_property_value);
    return nullptr;
  }
  if (room_.size() - size_ < 1 + size) {
    full_ = true;
    return nullptr;
  }
  const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(id);
  if ((properties_of(place_, sender_) & ~present_ & bit) != 0) [[likely]] {
    present_ |= bit;
  } else if (const auto fault = detail::take_property(id, place_, sender_, present_)) {
    refuse(*fault);
    return nullptr;
  }
  std::byte* const at = room_.data() + size_;
  size_ += 1 + size;
  return detail::put_byte(at, static_cast<unsigned>(id));
}

property_writer& property_writer::add(property id, std::uint32_t number) noexcept {
  using enum property_type;
  if (const auto fault = detail::fault_of_number(id, number)) {
    refuse(*fault);
    return *this;
  }
  const property_type type = info_of(id).type;
  if ((type == two_bytes && number > 0xFFFF) || (type == variable_byte && number > 0xFFF'FFFF)) {
    refuse(errc::bad_property_value);
    return *this;
  }
  if (type == flag) {
    if (std::byte* to = begin(id, type, 1)) detail::put_byte(to, number);
  } else if (type == two_bytes) {
    if (std::byte* to = begin(id, type, 2)) detail::put_two(to, number);
  } else if (type == four_bytes) {
    if (std::byte* to = begin(id, type, 4)) detail::put_four(to, number);
  } else if (std::byte* to = begin(id, variable_byte, detail::variable_size(number))) {
    detail::put_variable(to, number);
  }
  return *this;
}

property_writer& property_writer::add(property id, byte_view bytes) noexcept {
  const property_type type = info_of(id).type;
  const bool is_text = type == property_type::text;
  const detail::text_marks found =
      is_text ? detail::marks_of(as_text(bytes)) : detail::text_marks();
  const bool is_name = !bytes.empty() && !detail::has_mark(found.wild);
  if (bytes.size() > detail::longest_field) {
    refuse(errc::bad_property_value);
  } else if (detail::has_mark(found.odd) && !detail::is_rare_text(as_text(bytes))) {
    refuse(errc::bad_text);
  } else if (id == property::response_topic && !is_name) {
    refuse(errc::bad_topic_name);
  } else if (std::byte* to = begin(id, is_text ? type : property_type::binary, 2 + bytes.size())) {
    detail::put_binary(to, bytes);
  }
  return *this;
}

property_writer& property_writer::add_user(std::string_view name, std::string_view value) noexcept {
  if (name.size() > detail::longest_field || value.size() > detail::longest_field) {
    refuse(errc::bad_property_value);
  } else if (!detail::is_text(name) || !detail::is_text(value)) {
    refuse(errc::bad_text);
  } else if (std::byte* to = begin(property::user_property, property_type::text_pair,
                                   4 + name.size() + value.size())) {
    detail::put_text(detail::put_text(to, name), value);
  }
  return *this;
}

property_writer& property_writer::add(const property_value& v) noexcept {
  switch (info_of(v.id).type) {
    case property_type::text_pair:
      return add_user(v.name, v.text());
    case property_type::text:
    case property_type::binary:
      return add(v.id, v.bytes);
    default:
      return add(v.id, v.number);
  }
}

property_writer& property_writer::add_all(const properties& from, std::uint64_t without) noexcept {
  for (const property_value& v : from) {
    if ((without >> static_cast<unsigned>(v.id) & 1) == 0) add(v);
  }
  return *this;
}

result<properties> property_writer::finish() const {
  if (fault_) {
    return fail(parley::errc::invalid_argument, std::string(describe(*fault_).text));
  }
  if (full_) return fail(parley::errc::too_large, "properties exceed their room");
  constexpr auto bit = [](property id) { return std::uint64_t{1} << static_cast<unsigned>(id); };
  if ((present_ & bit(property::authentication_data)) != 0 &&
      (present_ & bit(property::authentication_method)) == 0) {
    return fail(parley::errc::invalid_argument, std::string(describe(errc::missing_method).text));
  }
  return property_access::make(room_.first(size_), present_);
}

}  // namespace parley::mqtt
