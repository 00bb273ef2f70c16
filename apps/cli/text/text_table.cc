#include "cli/text/text_table.h"

#include <algorithm>
#include <sstream>

namespace pixlake::cli {
namespace {

constexpr int kGap = 2, kLeastLast = 20;

std::string Filled(const std::string& text, int width, bool right) {
  const std::string blanks(static_cast<size_t>(std::max(0, width - WidthOf(text))), ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

int WidthOf(std::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Wrapped(const std::string& text, int width, int indent) {
  const int room = std::max(width - indent, 1);
  std::istringstream words(text);
  std::string out, word;
  int at = 0;
  const auto next_line = [&] {
    out += "\n" + std::string(static_cast<size_t>(indent), ' ');
    at = 0;
  };
  while (words >> word) {
    if (at > 0 && at + 1 + WidthOf(word) > room) next_line();
    if (at > 0) {
      out += ' ';
      ++at;
    }
    out += word;
    at += WidthOf(word);
  }
  return out;
}

std::string TextTable(const std::vector<TextColumn>& columns,
                      const std::vector<std::vector<std::string>>& rows, int width) {
  std::vector<int> widths;
  for (const TextColumn& column : columns) widths.push_back(WidthOf(column.heading));
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  int before = 0;
  for (size_t i = 0; i + 1 < columns.size(); ++i) before += widths[i] + kGap;
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
      const bool last = i + 1 == cells.size();
      if (!last) {
        text += Filled(cells[i], widths[i], columns[i].right) + std::string(kGap, ' ');
      } else if (width <= 0 || columns[i].right) {
        text += Filled(cells[i], columns[i].right ? widths[i] : 0, columns[i].right);
      } else {
        text += Wrapped(cells[i], std::max(width, before + kLeastLast), before);
      }
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    out += text + "\n";
  };
  std::vector<std::string> headings;
  for (const TextColumn& column : columns) headings.push_back(column.heading);
  line(headings);
  for (const auto& row : rows) line(row);
  return out;
}

}  // namespace pixlake::cli
