// RDATA from words. ldns knows the fields of each type and reads those with a form of their own; what it reads too
// kindly (numbers out of range, odd hex, unknown types, a name `@.`) is read here.
#include "zone/rdata.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <cerrno>

#include "waypost/model/owner_name.h"
#include "zone/fields.h"
#include "zone/name.h"
#include "zone/period.h"

namespace waypost::zone {
namespace {

constexpr std::uint16_t kOpt = 41;
constexpr std::size_t kTimeDigits = 14;  // YYYYMMDDHHMMSS

/// What ldns knows about a type; null: it only knows its number.
const ldns_rr_descriptor* Known(std::uint16_t type) {
  const ldns_rr_descriptor* descriptor = ldns_rr_descript(type);
  if (descriptor == nullptr || descriptor->_name == nullptr) return nullptr;
  const bool has_fields = descriptor->_maximum != 0 || descriptor->_variable != LDNS_RDF_TYPE_NONE;
  return has_fields ? descriptor : nullptr;
}

/// What a field must be that ldns reads; null: it is not read as text here.
const char* WantedBy(ldns_rdf_type field) {
  switch (field) {
    case LDNS_RDF_TYPE_A:
      return "an IPv4 address";
    case LDNS_RDF_TYPE_AAAA:
      return "an IPv6 address";
    case LDNS_RDF_TYPE_APL:
      return "an address prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32";
    case LDNS_RDF_TYPE_B64:
      return "base64";
    case LDNS_RDF_TYPE_ALG:
    case LDNS_RDF_TYPE_CERT_ALG:
      return "a number or name of an algorithm";
    case LDNS_RDF_TYPE_TIME:
      return "a time as YYYYMMDDHHMMSS";
    case LDNS_RDF_TYPE_LOC:
      return "a location such as 52 22 23.0 N 4 53 32.0 E -2m";
    case LDNS_RDF_TYPE_NSEC:
      return "a list of record types";
    case LDNS_RDF_TYPE_NSEC3_SALT:
      return "a salt in hex, or -";
    case LDNS_RDF_TYPE_NSEC3_NEXT_OWNER:
      return "a hashed name in base32";
    case LDNS_RDF_TYPE_ILNP64:
      return "64 bits as 2001:db8:0:1";
    case LDNS_RDF_TYPE_EUI48:
    case LDNS_RDF_TYPE_EUI64:
      return "octets in hex with - between them";
    case LDNS_RDF_TYPE_TAG:
      return "a tag of letters and digits";
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
      return "a number up to 255, or its name";
    case LDNS_RDF_TYPE_SVCPARAMS:
      return "a list such as alpn=h2,h3 port=443";
    case LDNS_RDF_TYPE_HIP:
      return "an algorithm, a tag in hex and a key in base64";
    default:
      return nullptr;
  }
}

/// Fields in which the last word of a record may be several.
bool TakesRest(ldns_rdf_type field) {
  switch (field) {
    case LDNS_RDF_TYPE_B64:
    case LDNS_RDF_TYPE_HEX:
    case LDNS_RDF_TYPE_LOC:
    case LDNS_RDF_TYPE_IPSECKEY:
    case LDNS_RDF_TYPE_NSEC:
    case LDNS_RDF_TYPE_SVCPARAMS:
      return true;
    default:
      return false;
  }
}

bool IsNumber(const Token& word) {
  return !word.text.empty() && word.text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool BeginsWithLetter(const Token& word) {
  const char c = word.text.empty() ? ' ' : model::Fold(word.text[0]);
  return c >= 'a' && c <= 'z';
}

/// Octets of a number that may have a name instead; 0: the field is something else.
unsigned NamedNumberOctets(ldns_rdf_type field) {
  switch (field) {
    case LDNS_RDF_TYPE_ALG:
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
      return 1;
    case LDNS_RDF_TYPE_CERT_ALG:
      return 2;
    case LDNS_RDF_TYPE_TIME:
      return 4;
    default:
      return 0;
  }
}

/// What ldns would take although it is out of range, or means nothing.
model::Status CheckForLdns(ldns_rdf_type field, std::span<const Token> words) {
  const Token& word = words.front();
  switch (field) {
    case LDNS_RDF_TYPE_ALG:
    case LDNS_RDF_TYPE_CERT_ALG:
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
      if (!BeginsWithLetter(word)) return Wanted(word, WantedBy(field));
      break;
    case LDNS_RDF_TYPE_TIME:
      if (!IsNumber(word) || word.text.size() != kTimeDigits) return Wanted(word, WantedBy(field));
      break;
    case LDNS_RDF_TYPE_LOC:
      if (!IsLocation(words)) return Wanted(word, WantedBy(field));
      break;
    case LDNS_RDF_TYPE_NSEC:
      for (const Token& type : words) {
        if (!ReadType(type.text)) return Wanted(type, "a record type");
      }
      break;
    case LDNS_RDF_TYPE_HIP:
      if (!ReadNumber(word.text, 255)) return Wrong(Quoted(word.text) + " is not a number from 0 to 255");
      break;
    case LDNS_RDF_TYPE_SVCPARAMS:
      for (const Token& parameter : words) {
        if (!model::EqualFolded(parameter.text.substr(0, 5), "port=")) continue;
        std::string_view port = parameter.text.substr(5);
        if (port.size() >= 2 && port.front() == '"' && port.back() == '"') port = port.substr(1, port.size() - 2);
        if (!ReadNumber(port, 65535)) return Wanted(parameter, "a port from 0 to 65535");
      }
      break;
    default:
      break;
  }
  return model::Ok();
}

/// SvcParams: each key once, in rising order, and the whole of it in whole parameters (RFC 9460 2.2).
model::Status CheckParameters(std::span<const std::uint8_t> octets) {
  int last = -1;
  while (!octets.empty()) {
    if (octets.size() < 4) return Wrong("a service parameter is cut short");
    const int key = octets[0] << 8 | octets[1];
    const std::size_t length = static_cast<std::size_t>(octets[2] << 8 | octets[3]);
    if (key <= last) return Wrong("a service parameter is given twice; each may stand once");
    if (octets.size() - 4 < length) return Wrong("a service parameter is cut short");
    last = key;
    octets = octets.subspan(4 + length);
  }
  return model::Ok();
}

/// Longest text of a field that ldns reads right; beyond, it lets lengths of 8 or 16 bits wrap.
std::size_t TextMax(ldns_rdf_type field) {
  switch (field) {
    case LDNS_RDF_TYPE_B64:
      return 4 * (kRdataOctetsMax / 3 - 1);
    case LDNS_RDF_TYPE_SVCPARAMS:
      return 8192;
    case LDNS_RDF_TYPE_NSEC3_SALT:
      return 2 * 255;
    case LDNS_RDF_TYPE_NSEC3_NEXT_OWNER:
      return 8 * 255 / 5;
    default:
      return kTokenOctetsMax;
  }
}

model::Status AddByLdns(ldns_rdf_type field, std::span<const Token> words, Octets& rdata) {
  const char* wanted = WantedBy(field);
  if (wanted == nullptr) return Wrong("this type is known in the form \\# LENGTH HEX only (RFC 3597)");
  WP_CHECK(CheckForLdns(field, words));
  std::string text;
  for (const Token& word : words) {
    if (!text.empty() && field != LDNS_RDF_TYPE_B64) text += ' ';
    text += word.text;
  }
  const std::size_t text_max = TextMax(field);
  if (text.size() > text_max) {
    return Wrong(Quoted(text) + " is too long: " + std::to_string(text_max) + " characters at most");
  }
  errno = 0;  // ldns takes an old one for its own
  ldns_rdf* read = ldns_rdf_new_frm_str(field, text.c_str());
  if (read == nullptr) return Wanted({text, false}, wanted);
  const std::uint8_t* data = ldns_rdf_data(read);
  const std::size_t start = rdata.size();
  rdata.insert(rdata.end(), data, data + ldns_rdf_size(read));
  ldns_rdf_deep_free(read);
  if (field == LDNS_RDF_TYPE_SVCPARAMS) return CheckParameters(std::span(rdata).subspan(start));
  return model::Ok();
}

/// The gateway of an IPSECKEY record.
model::Status AddGateway(std::uint32_t kind, const Token& word, std::string_view origin, Octets& rdata) {
  switch (kind) {
    case 0:
      return word.text == "." ? model::Ok() : Wanted(word, ". (this kind has none)");
    case 1:
      return AddByLdns(LDNS_RDF_TYPE_A, {&word, 1}, rdata);
    case 2:
      return AddByLdns(LDNS_RDF_TYPE_AAAA, {&word, 1}, rdata);
    case 3:
      return AddName(word, origin, rdata);
    default:
      return Wrong(std::to_string(kind) + " is no kind of gateway (wanted: 0 none, 1 IPv4, 2 IPv6, 3 a name)");
  }
}

/// RFC 4025 3.1: precedence, kind, algorithm, gateway, key.
model::Status AddIpsecKey(std::span<const Token> words, std::string_view origin, Octets& rdata) {
  if (words.size() < 4) return Wrong("wanted: precedence, kind of gateway, algorithm, gateway, key");
  for (const Token& number : words.first(3)) WP_CHECK(AddNumber(number, 1, rdata));
  WP_CHECK(AddGateway(rdata[rdata.size() - 2], words[3], origin, rdata));
  return words.size() == 4 ? model::Ok() : AddByLdns(LDNS_RDF_TYPE_B64, words.subspan(4), rdata);
}

/// One field; `words` are those that belong to it, at least one.
model::Status AddField(ldns_rdf_type field, std::span<const Token> words, std::string_view origin, Octets& rdata) {
  const Token& word = words.front();
  const unsigned octets = NamedNumberOctets(field);
  if (octets != 0 && IsNumber(word) && word.text.size() != kTimeDigits) return AddNumber(word, octets, rdata);
  switch (field) {
    case LDNS_RDF_TYPE_DNAME:
      return AddName(word, origin, rdata);
    case LDNS_RDF_TYPE_INT8:
      return AddNumber(word, 1, rdata);
    case LDNS_RDF_TYPE_INT16:
      return AddNumber(word, 2, rdata);
    case LDNS_RDF_TYPE_INT32:
      return AddNumber(word, 4, rdata);
    case LDNS_RDF_TYPE_PERIOD:
      return AddPeriod(word, rdata);
    case LDNS_RDF_TYPE_STR:
      return AddString(word, rdata);
    case LDNS_RDF_TYPE_LONG_STR:
      return AddUnescaped(word, rdata);
    case LDNS_RDF_TYPE_HEX:
      return AddHex(words, rdata);
    case LDNS_RDF_TYPE_TYPE: {
      const auto type = ReadType(word.text);
      if (!type) return Wanted(word, "a record type");
      AddBigEndian(rdata, *type, 2);
      return model::Ok();
    }
    case LDNS_RDF_TYPE_IPSECKEY:
      return AddIpsecKey(words, origin, rdata);
    default:
      return AddByLdns(field, words, rdata);
  }
}

model::Status AddFields(const ldns_rr_descriptor& descriptor, std::span<const Token> words, std::string_view origin,
                        Octets& rdata) {
  const std::size_t fixed = descriptor._maximum;  // behind them come those that repeat
  const bool repeats = descriptor._variable != LDNS_RDF_TYPE_NONE;
  const std::size_t fields_min = ldns_rr_descriptor_minimum(&descriptor);
  std::size_t field = 0;
  for (std::size_t at = 0; at < words.size(); ++field) {
    if (field >= fixed && !repeats) {
      return Wrong("too much behind its RDATA: " + Quoted(words[at].text) + " (wanted: " + std::to_string(fixed) +
                   (fixed == 1 ? " field)" : " fields)"));
    }
    const ldns_rdf_type kind = ldns_rr_descriptor_field_type(&descriptor, field);
    std::size_t count = 1;
    if (kind == LDNS_RDF_TYPE_HIP) count = std::min<std::size_t>(3, words.size() - at);
    if (TakesRest(kind) && field + 1 == fixed) count = words.size() - at;
    model::Status added = AddField(kind, words.subspan(at, count), origin, rdata);
    if (!added.ok()) {
      if (fixed <= 1) return added;
      return Wrong("field " + std::to_string(field + 1) + ": " + std::move(added).error().message);
    }
    at += count;
    if (rdata.size() > kRdataOctetsMax) return Wrong("its RDATA is longer than 65535 octets");
  }
  if (field < fields_min) {
    return Wrong("its RDATA has " + std::to_string(field) + " of " + std::to_string(fields_min) + " fields");
  }
  return model::Ok();
}

/// RDATA of a type that ldns knows has that type's form: it reads, and written again it is the same.
bool IsWellFormed(std::uint16_t type, const Octets& rdata) {
  Octets record = {0};  // owner: the root
  AddBigEndian(record, type, 2);
  AddBigEndian(record, LDNS_RR_CLASS_IN, 2);
  AddBigEndian(record, 0, 4);
  AddBigEndian(record, static_cast<std::uint32_t>(rdata.size()), 2);
  record.insert(record.end(), rdata.begin(), rdata.end());
  ldns_rr* read = nullptr;
  std::size_t at = 0;
  if (ldns_wire2rr(&read, record.data(), record.size(), &at, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK) return false;
  Octets again;
  for (std::size_t i = 0; i < ldns_rr_rd_count(read); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(read, i);
    again.insert(again.end(), ldns_rdf_data(field), ldns_rdf_data(field) + ldns_rdf_size(field));
  }
  const bool is_complete = ldns_rr_rd_count(read) >= ldns_rr_descriptor_minimum(ldns_rr_descript(type));
  ldns_rr_free(read);
  return is_complete && at == record.size() && again == rdata;
}

/// `length hex…` behind the `\#`.
model::Status AddUnknown(std::uint16_t type, std::span<const Token> words, Octets& rdata) {
  if (words.empty()) return Wrong("behind \\# the length of the RDATA is wanted");
  const auto length = ReadNumber(words.front().text, kRdataOctetsMax);
  if (!length) return Wanted(words.front(), "a length from 0 to 65535");
  WP_CHECK(AddHex(words.subspan(1), rdata));
  if (rdata.size() != *length) {
    return Wrong("\\# says " + std::to_string(*length) + " octets, but " + std::to_string(rdata.size()) + " follow");
  }
  if (Known(type) != nullptr && !IsWellFormed(type, rdata)) {
    return Wrong("these octets are not what a record of this type has");
  }
  return model::Ok();
}

}  // namespace

std::optional<std::uint16_t> ReadType(std::string_view text) {
  constexpr std::size_t kNameMax = 16;
  if (text.size() > kNameMax) return std::nullopt;
  if (text.size() > 4 && model::EqualFolded(text.substr(0, 4), "TYPE")) {
    const auto number = ReadNumber(text.substr(4), 65535);
    if (!number) return std::nullopt;
    return static_cast<std::uint16_t>(*number);
  }
  const ldns_rr_type type = ldns_get_rr_type_by_name(std::string(text).c_str());
  if (type == 0) return std::nullopt;
  return static_cast<std::uint16_t>(type);
}

std::string TypeName(std::uint16_t type) {
  const ldns_rr_descriptor* descriptor = Known(type);
  return descriptor != nullptr ? descriptor->_name : "TYPE" + std::to_string(type);
}

bool IsDataType(std::uint16_t type) { return type != 0 && type != kOpt && (type < 128 || type > 255); }

model::Status ReadRdata(std::uint16_t type, std::span<const Token> words, std::string_view origin, Octets& rdata) {
  rdata.clear();
  if (!words.empty() && words.front().text == "\\#" && !words.front().is_quoted) {
    return AddUnknown(type, words.subspan(1), rdata);
  }
  const ldns_rr_descriptor* descriptor = Known(type);
  if (descriptor == nullptr) return Wrong("this type is known in the form \\# LENGTH HEX only (RFC 3597)");
  return AddFields(*descriptor, words, origin, rdata);
}

}  // namespace waypost::zone
