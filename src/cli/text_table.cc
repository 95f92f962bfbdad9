#include "cli/text_table.h"

#include <algorithm>
#include <cassert>

namespace waypost::cli {
namespace {

using Lines = std::vector<std::string>;

Lines LinesOf(std::string_view cell) {
  Lines lines;
  while (true) {
    const std::size_t end = cell.find('\n');
    lines.push_back(Printable(cell.substr(0, end)));
    if (end == std::string_view::npos) return lines;
    cell.remove_prefix(end + 1);
  }
}

/// Characters, of UTF-8.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Appends one row of cells, as many lines high as its highest cell.
void AppendRow(const std::vector<Lines>& cells, const std::vector<std::size_t>& widths, std::string& out) {
  std::size_t height = 0;
  for (const Lines& cell : cells) height = std::max(height, cell.size());
  for (std::size_t line = 0; line < height; ++line) {
    const std::size_t start = out.size();
    for (std::size_t column = 0; column < cells.size(); ++column) {
      if (widths[column] == 0) continue;
      const std::string text = line < cells[column].size() ? cells[column][line] : "";
      out += text;
      out.append(widths[column] - Width(text) + 2, ' ');
    }
    while (out.size() > start && out.back() == ' ') out.pop_back();
    out += '\n';
  }
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

void TextTable::Add(std::vector<std::string> cells) {
  assert(cells.size() == heads_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::str() const {
  if (rows_.empty()) return "";
  std::vector<std::vector<Lines>> rows;
  std::vector<std::size_t> widths(heads_.size(), 0);
  for (const auto& row : rows_) {
    std::vector<Lines>& cells = rows.emplace_back();
    for (std::size_t column = 0; column < row.size(); ++column) {
      cells.push_back(LinesOf(row[column]));
      for (const std::string& line : cells.back()) widths[column] = std::max(widths[column], Width(line));
    }
  }
  std::vector<Lines> heads;
  for (std::size_t column = 0; column < heads_.size(); ++column) {
    heads.push_back({heads_[column]});
    if (widths[column] != 0) widths[column] = std::max(widths[column], Width(heads_[column]));
  }
  std::string out;
  AppendRow(heads, widths, out);
  for (const auto& cells : rows) AppendRow(cells, widths, out);
  return out;
}

}  // namespace waypost::cli
