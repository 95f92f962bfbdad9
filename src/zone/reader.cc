#include "zone/reader.h"

#include <filesystem>

#include "waypost/model/owner_name.h"
#include "zone/generate.h"
#include "zone/name.h"
#include "zone/period.h"
#include "zone/rdata.h"
#include "zone/types.h"

namespace waypost::zone {
namespace {

enum class Class { kNone, kIn, kOther };

Class ReadClass(std::string_view text) {
  if (model::EqualFolded(text, "IN") || model::EqualFolded(text, "CLASS1")) return Class::kIn;
  for (const std::string_view other : {"CH", "HS", "CS", "ANY", "NONE"}) {
    if (model::EqualFolded(text, other)) return Class::kOther;
  }
  const bool is_number = text.size() > 5 && model::EqualFolded(text.substr(0, 5), "CLASS") &&
                         ReadNumber(text.substr(5), 65535).has_value();
  return is_number ? Class::kOther : Class::kNone;
}

constexpr const char* kTtlWanted = " is not a TTL (wanted: seconds, or such as 1h30m; at most 2147483647)";

}  // namespace

void Reader::ReadText(std::string_view text, const std::string& name) {
  levels_.push_back({"", {}, builder_.AddFile(name)});
  ReadEntries(text);
  levels_.pop_back();
}

void Reader::ReadFile(const std::string& path) {
  const FileText file = ReadWhole(path, limits_.file_octets_max - octets_);
  sources_.push_back({path, file.stamp});
  if (!file.problem.empty()) {
    const std::string message = "cannot read " + path + ": " + file.problem;
    return levels_.empty() ? complaints_.Refuse({path, 0}, "cannot read it: " + file.problem) : Refuse(message);
  }
  for (const Level& level : levels_) {
    if (level.stamp.IsSameFile(file.stamp)) return Refuse("$INCLUDE of " + path + ", which includes this file itself");
  }
  octets_ += file.text.size();
  levels_.push_back({path, file.stamp, builder_.AddFile(path)});
  ReadEntries(file.text);
  levels_.pop_back();
}

void Reader::ReadEntries(std::string_view text) {
  Lexer lexer(text);
  Entry entry;
  while (!stopped_ && lexer.Next(entry)) {
    line_ = entry.problem.empty() ? entry.line : entry.problem_line;
    ReadEntry(entry);
  }
}

void Reader::ReadEntry(const Entry& entry) {
  if (!entry.problem.empty()) return Refuse(entry.problem);
  Words words = entry.tokens;
  const Token& first = words.front();
  if (!entry.begins_blank) {
    if (!first.is_quoted && first.text.starts_with('$')) return ReadDirective(entry);
    if (!TakeOwner(first.text)) return;
    words = words.subspan(1);
  } else if (owner_is_bad_) {
    return;  // its owner was complained about
  } else if (!owner_) {
    return Refuse("the line begins with a blank, so its owner is that of the record before, but there is none");
  }
  ReadRecord(words);
}

void Reader::ReadDirective(const Entry& entry) {
  const std::string_view name = entry.tokens.front().text;
  const Words words = Words(entry.tokens).subspan(1);
  if (model::EqualFolded(name, "$ORIGIN")) return SetOrigin(words);
  if (model::EqualFolded(name, "$TTL")) return SetTtl(words);
  if (model::EqualFolded(name, "$INCLUDE")) return Include(words);
  if (model::EqualFolded(name, "$GENERATE")) return Generate(entry);
  Refuse(Quoted(name) +
         " is no directive (wanted: $ORIGIN, $TTL, $INCLUDE or $GENERATE; a name that begins with $ is written \\$)");
}

void Reader::SetOrigin(Words words) {
  if (words.size() != 1) return Refuse("$ORIGIN wants one domain name");
  auto origin = ReadName(words[0].text, origin_);
  if (!origin.ok()) return Refuse("$ORIGIN: " + origin.error().message);
  origin_ = std::move(origin).value();
}

void Reader::SetTtl(Words words) {
  if (words.size() != 1) return Refuse("$TTL wants one time");
  const auto ttl = ReadPeriod(words[0].text, kTtlMax);
  if (!ttl) return Refuse(Quoted(words[0].text) + kTtlWanted);
  default_ttl_ = ttl;
}

void Reader::Include(Words words) {
  if (words.empty() || words.size() > 2) return Refuse("$INCLUDE wants a file and, if need be, an origin for it");
  if (levels_.back().path.empty()) return Refuse("$INCLUDE is not possible here");
  if (levels_.size() > limits_.include_depth_max) {
    return Refuse("$INCLUDE more than " + std::to_string(limits_.include_depth_max) + " files deep");
  }
  if (sources_.size() > kIncludesMax) return Stop("more than " + std::to_string(kIncludesMax) + " files are included");
  std::string inner_origin = origin_;
  if (words.size() == 2) {
    auto origin = ReadName(words[1].text, origin_);
    if (!origin.ok()) return Refuse("$INCLUDE: " + origin.error().message);
    inner_origin = std::move(origin).value();
  }
  const std::filesystem::path path = std::filesystem::path(levels_.back().path).parent_path() / words[0].text;
  // Origin and owner are as before behind the included file; $TTL stays, as it does with others.
  std::string outer_origin = std::exchange(origin_, std::move(inner_origin));
  const std::optional<std::string> outer_owner = owner_;
  const std::uint32_t outer_line = line_;
  ReadFile(path.string());
  origin_ = std::move(outer_origin);
  owner_ = outer_owner;
  owner_is_bad_ = false;
  line_ = outer_line;
}

void Reader::Generate(const Entry& entry) {
  const Words words = Words(entry.tokens).subspan(1);
  if (words.size() < 4) return Refuse("$GENERATE wants a range, an owner, a type and RDATA");
  const auto range = GenerateRange::Parse(words[0].text);
  if (!range.ok()) return Refuse("$GENERATE: " + range.error().message);
  std::vector<std::string> texts(words.size() - 1);
  std::vector<Token> made(texts.size());
  for (std::uint64_t number = range->start; number <= range->stop && !stopped_; number += range->step) {
    if (++generated_ > kGeneratedMax) {
      return Stop("$GENERATE makes more than " + std::to_string(kGeneratedMax) + " records");
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
      auto text = Substitute(words[i + 1].text, static_cast<std::uint32_t>(number));
      if (!text.ok()) return Refuse("$GENERATE: " + text.error().message);
      texts[i] = std::move(text).value();
      made[i] = {texts[i], words[i + 1].is_quoted};
    }
    if (!TakeOwner(made[0].text)) return;
    ReadRecord(Words(made).subspan(1));
  }
}

bool Reader::TakeOwner(std::string_view text) {
  owner_is_bad_ = true;
  const auto owner = ReadName(text, origin_);
  if (!owner.ok()) {
    Refuse("the owner " + owner.error().message);
    return false;
  }
  std::string folded = model::Folded(owner.value());
  if (!IsAtOrBelow(folded, apex_)) {
    Refuse(NameText(folded) + " is out of the zone: it is not " + NameText(apex_) + " or a name below it");
    return false;
  }
  owner_ = std::move(folded);
  owner_is_bad_ = false;
  return true;
}

void Reader::ReadRecord(Words words) {
  const std::optional<Head> head = ReadHead(words);
  if (!head) return;
  const model::Status read = ReadRdata(head->type, words, origin_, rdata_);
  if (!read.ok()) return Refuse(TypeName(head->type) + ": " + read.error().message);
  const auto ttl = TtlOf(*head);
  if (!ttl) return Refuse("it has no TTL, and none is to be had from before (wanted: $TTL at the top of the file)");
  if (builder_.rdata_octets() + rdata_.size() > limits_.file_octets_max) {
    return Stop("the zone has more RDATA than " + std::to_string(limits_.file_octets_max) + " octets");
  }
  Record record;
  record.owner = *owner_;
  record.type = head->type;
  record.ttl = *ttl;
  record.line = line_;
  record.file = levels_.back().file;
  builder_.Add(std::move(record), rdata_);
}

std::optional<Reader::Head> Reader::ReadHead(Words& words) {
  Head head;
  bool has_class = false;
  for (; !words.empty(); words = words.subspan(1)) {
    const std::string_view text = words.front().text;
    if (!head.ttl && IsLikePeriod(text)) {
      head.ttl = ReadPeriod(text, kTtlMax);
      if (!head.ttl) return RefuseHead(Quoted(text) + kTtlWanted);
      continue;
    }
    const Class is = has_class ? Class::kNone : ReadClass(text);
    if (is == Class::kOther) return RefuseHead("class " + Quoted(text) + "; only IN is served");
    if (is == Class::kNone) break;
    has_class = true;
  }
  if (words.empty()) return RefuseHead("a record type and RDATA are wanted behind its owner");
  const auto type = ReadType(words.front().text);
  if (!type || words.front().is_quoted) {
    return RefuseHead(Quoted(words.front().text) +
                      " is no record type (wanted: such as MX, or TYPE1234 with \\# LENGTH HEX)");
  }
  if (!IsDataType(*type)) return RefuseHead(TypeName(*type) + " is no type of data in a zone");
  head.type = *type;
  words = words.subspan(1);
  return head;
}

/// Its own, or $TTL, or that of the record before; for a first SOA what it says about negative answers (RFC 2308 4).
std::optional<std::uint32_t> Reader::TtlOf(const Head& head) {
  if (head.ttl) return last_ttl_ = head.ttl;
  if (default_ttl_) return default_ttl_;
  if (!last_ttl_ && head.type == kSoa) {
    std::uint32_t minimum = 0;
    for (const std::uint8_t octet : std::span(rdata_).last(4)) minimum = minimum << 8 | octet;
    last_ttl_ = std::min(minimum, kTtlMax);
  }
  return last_ttl_;
}

void Reader::Refuse(std::string message) {
  complaints_.Refuse({builder_.FileName(levels_.back().file), line_}, std::move(message));
}

std::nullopt_t Reader::RefuseHead(std::string message) {
  Refuse(std::move(message));
  return std::nullopt;
}

void Reader::Stop(std::string message) {
  stopped_ = true;
  Refuse(std::move(message));
}

}  // namespace waypost::zone
