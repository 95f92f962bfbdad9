#include "zone/lexer.h"

namespace waypost::zone {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool EndsWord(char c) { return IsBlank(c) || c == '\n' || c == ';' || c == '(' || c == ')'; }

}  // namespace

bool Lexer::Next(Entry& entry) {
  while (!AtEnd()) {
    entry.tokens.clear();
    entry.problem.clear();
    entry.line = line_;
    entry.begins_blank = IsBlank(text_[at_]);
    octets_ = 0;
    ReadEntry(entry);
    if (!entry.tokens.empty() || !entry.problem.empty()) return true;
  }
  return false;
}

void Lexer::ReadEntry(Entry& entry) {
  std::size_t depth = 0;
  while (!AtEnd()) {
    const char c = text_[at_];
    if (c == '\n') {
      ++at_;
      ++line_;
      if (depth == 0) return;
    } else if (IsBlank(c)) {
      ++at_;
    } else if (c == ';') {
      SkipLine();
    } else if (c == '(') {
      ++at_;
      ++depth;
    } else if (c == ')') {
      ++at_;
      if (depth == 0) {
        Reject(entry, "a ) without a ( before it");
      } else {
        --depth;
      }
    } else if (c == '"') {
      ReadQuoted(entry);
    } else {
      ReadWord(entry);
    }
  }
  if (depth != 0) {
    entry.problem.clear();  // whatever else is wrong follows from this
    entry.problem_line = entry.line;
    entry.problem = "the ( of this record is never closed: a ) is wanted";
  }
}

void Lexer::ReadQuoted(Entry& entry) {
  const std::size_t start = ++at_;
  while (!AtEnd() && text_[at_] != '"' && text_[at_] != '\n') {
    if (text_[at_] == '\0') return Reject(entry, "a NUL octet; write it as \\000");
    if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    ++at_;
  }
  if (AtEnd() || text_[at_] == '\n') return Complain(entry, "a \" that is not closed on its line");
  Keep(entry, {text_.substr(start, at_ - start), true});
  ++at_;
}

void Lexer::ReadWord(Entry& entry) {
  const std::size_t start = at_;
  bool inside_quotes = false;  // as in alpn="h2,h3"
  while (!AtEnd() && text_[at_] != '\n' && (inside_quotes || !EndsWord(text_[at_]))) {
    if (text_[at_] == '\0') return Reject(entry, "a NUL octet; write it as \\000");
    if (text_[at_] == '"') inside_quotes = !inside_quotes;
    if (text_[at_] == '\\') {
      if (at_ + 1 == text_.size() || text_[at_ + 1] == '\n' || text_[at_ + 1] == '\r') {
        return Reject(entry, "a \\ at the end of the line");
      }
      ++at_;
    }
    ++at_;
  }
  if (inside_quotes) return Complain(entry, "a \" that is not closed on its line");
  Keep(entry, {text_.substr(start, at_ - start), false});
}

void Lexer::Keep(Entry& entry, Token token) {
  octets_ += token.text.size();
  if (token.text.size() > kTokenOctetsMax) {
    return Complain(entry, "a word of more than " + std::to_string(kTokenOctetsMax) + " octets");
  }
  if (octets_ > kEntryOctetsMax) {
    return Complain(entry, "a record of more than " + std::to_string(kEntryOctetsMax) + " octets");
  }
  if (entry.tokens.size() == kEntryTokensMax) {
    return Complain(entry, "a record of more than " + std::to_string(kEntryTokensMax) + " words");
  }
  entry.tokens.push_back(token);
}

void Lexer::Complain(Entry& entry, std::string problem) const {
  if (!entry.problem.empty()) return;
  entry.problem = std::move(problem);
  entry.problem_line = line_;
}

void Lexer::Reject(Entry& entry, std::string problem) {
  Complain(entry, std::move(problem));
  SkipLine();
}

void Lexer::SkipLine() {
  const std::size_t end = text_.find('\n', at_);
  at_ = end == std::string_view::npos ? text_.size() : end;
}

}  // namespace waypost::zone
