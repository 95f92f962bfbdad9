#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace waypost::cli {

/// The text with control characters made visible as `?`: what a server sends must not drive a terminal.
std::string Printable(std::string_view text);

/// Columns for people, two blanks between them. A column in which nothing stands is left out.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heads) : heads_(std::move(heads)) {}
  /// One cell for each head. A cell may hold several lines; they stand below each other in its column.
  void Add(std::vector<std::string> cells);
  /// Every line with its end and no blanks before that; empty without rows.
  std::string str() const;

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace waypost::cli
