#include "pipeline/step/step_graph.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace pixlake::pipeline {
namespace {

std::string NodeOf(const catalog::TableName& table) {
  return table.zone + "_" + table.name;
}

// A box of the picture: a table, or a step.
struct Box {
  std::string text;
  bool is_step = false;
  size_t column = 0;
  size_t row = 0;
  std::vector<std::string> inputs;  // keys of boxes
};

constexpr int kWidth = 168, kHeight = 34, kGapX = 44, kGapY = 14, kMargin = 16;

// Names are words of lower-case letters in tables; of steps they are somebody's.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

int Left(const Box& box) {
  return kMargin + static_cast<int>(box.column) * (kWidth + kGapX);
}

int Top(const Box& box) {
  return kMargin + static_cast<int>(box.row) * (kHeight + kGapY);
}

std::map<std::string, Box> BoxesOf(const std::vector<Step>& steps) {
  std::map<std::string, Box> boxes;
  for (const Step& step : steps) {
    Box box{step.name, true, 0, 0, {}};
    for (const StepInput& input : step.inputs) {
      boxes.try_emplace(input.table.text(), Box{input.table.text(), false, 0, 0, {}});
      box.inputs.push_back(input.table.text());
    }
    // Steps have no dot in their names' keys that tables could have, too.
    boxes["step " + step.name] = std::move(box);
    Box& output =
        boxes.try_emplace(step.output.text(), Box{step.output.text(), false, 0, 0, {}}).first->second;
    output.inputs.push_back("step " + step.name);
  }
  return boxes;
}

// Each box stands right of all that it is made of. Of circles, which InOrder refuses, no more than that many.
void Arrange(std::map<std::string, Box>* boxes) {
  for (size_t round = 0; round < boxes->size(); ++round) {
    bool moved = false;
    for (auto& [key, box] : *boxes) {
      for (const std::string& input : box.inputs) {
        const size_t least = boxes->at(input).column + 1;
        if (box.column >= least) continue;
        box.column = least;
        moved = true;
      }
    }
    if (!moved) break;
  }
  std::map<size_t, size_t> rows;
  for (auto& [key, box] : *boxes) box.row = rows[box.column]++;
}

}  // namespace

std::string ToMermaid(const std::vector<Step>& steps) {
  std::string out = "flowchart LR\n";
  std::set<std::string> tables;
  const auto table = [&](const catalog::TableName& name) {
    if (tables.insert(name.text()).second) out += fmt::format("  {}[({})]\n", NodeOf(name), name.text());
  };
  for (const Step& step : steps) {
    for (const StepInput& input : step.inputs) table(input.table);
    table(step.output);
  }
  for (const Step& step : steps) {
    out += fmt::format("  step_{0}[\"{0}\"]\n", step.name);
    for (const StepInput& input : step.inputs)
      out += fmt::format("  {} --> step_{}\n", NodeOf(input.table), step.name);
    out += fmt::format("  step_{} --> {}\n", step.name, NodeOf(step.output));
  }
  return out;
}

std::string ToSvg(const std::vector<Step>& steps) {
  std::map<std::string, Box> boxes = BoxesOf(steps);
  Arrange(&boxes);
  int width = 0, height = 0;
  for (const auto& [key, box] : boxes) {
    width = std::max(width, Left(box) + kWidth + kMargin);
    height = std::max(height, Top(box) + kHeight + kMargin);
  }
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"system-ui, sans-serif\" font-size=\"13\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
      width, height);
  for (const auto& [key, box] : boxes) {
    for (const std::string& name : box.inputs) {
      const Box& input = boxes.at(name);
      const int x1 = Left(input) + kWidth, y1 = Top(input) + kHeight / 2;
      const int x2 = Left(box), y2 = Top(box) + kHeight / 2;
      out += fmt::format("<path d=\"M{} {}C{} {} {} {} {} {}\" fill=\"none\" stroke=\"#98a2b3\"/>\n", x1, y1,
                         x1 + kGapX / 2, y1, x2 - kGapX / 2, y2, x2, y2);
    }
  }
  for (const auto& [key, box] : boxes) {
    out += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\" fill=\"{}\" stroke=\"#475467\"/>\n"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#101828\">{}</text>\n",
        Left(box), Top(box), kWidth, kHeight, box.is_step ? kHeight / 2 : 4,
        box.is_step ? "#eff4ff" : "#f9fafb", Left(box) + kWidth / 2, Top(box) + kHeight / 2 + 5,
        Escaped(box.text));
  }
  return out + "</svg>\n";
}

}  // namespace pixlake::pipeline
