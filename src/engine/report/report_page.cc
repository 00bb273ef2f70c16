#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/output/image_text.h"
#include "engine/report/report_page_internal.h"
#include "image/hash/sha256.h"

namespace pixlake::engine {
namespace {

// Of one page; no style stands anywhere else, so that its policy can name this one by its hash.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#5b6570;--line:#dde1e6;
--ok:#1a7f4b;--bad:#c22f2f;--none:#8a939c;--okground:#e3f4ea;--badground:#fbe6e4;--noneground:#eceff2}
@media (prefers-color-scheme:dark){:root{--ground:#14171b;--card:#1d2126;--ink:#e6e9ec;--soft:#9aa4ae;
--line:#343a41;--ok:#4cc38a;--bad:#ff7b72;--none:#8a939c;--okground:#16322a;--badground:#3a1f20;--noneground:#2a3036}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main,header{max-width:1160px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:24px;line-height:1.25;margin:0}
h2{font-size:18px;margin:36px 0 10px}
h3{font-size:16px;margin:0}
p{margin:4px 0}
.soft{color:var(--soft)}
.wrap{overflow-wrap:anywhere}
td{overflow-wrap:break-word}
code{font:12.5px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0 0;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 16px;min-width:108px}
.tiles b{display:block;font-size:22px;line-height:1.3;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:8px}
th{text-align:left;font-weight:600;font-size:13px;color:var(--soft)}
th,td{padding:8px 12px;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}
.badge{display:inline-block;border-radius:99px;padding:0 9px;font-size:13px;font-weight:600;white-space:nowrap}
.ok{color:var(--ok);background:var(--okground)}
.bad{color:var(--bad);background:var(--badground)}
.none{color:var(--none);background:var(--noneground)}
.num{font-variant-numeric:tabular-nums;white-space:nowrap}
svg{display:block}
.bok{fill:var(--ok)}
.bbad{fill:var(--bad)}
.bnone{fill:var(--none)}
.base{stroke:var(--line)}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px;margin:0 0 14px}
.head{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center;margin-bottom:6px}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:14px 0 0}
figure{margin:0;border:1px solid var(--line);border-radius:6px;padding:8px;min-width:0}
figure img,.blank{display:flex;align-items:center;justify-content:center;height:144px;width:100%;
object-fit:scale-down;border-radius:4px;background:var(--noneground)}
.blank{padding:8px;font-size:13px;text-align:center;color:var(--soft);overflow:hidden;overflow-wrap:anywhere}
figcaption{font-size:13px;line-height:1.4;margin-top:6px}
figcaption b,figcaption span,figcaption code{display:block;overflow:hidden;text-overflow:ellipsis}
figcaption b{font-weight:600;overflow-wrap:anywhere;max-height:2.8em}
figcaption code{white-space:nowrap;color:var(--soft)}
footer{max-width:1160px;margin:24px auto;padding:0 20px;color:var(--soft);font-size:13px}
@media (max-width:720px){
table,tbody,tr,td{display:block;border:0;padding:0}
table{background:none}
thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
tbody tr{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px;margin-bottom:10px}
td{padding:2px 0;overflow-wrap:anywhere}
td:nth-child(1),td:nth-child(2){display:inline-block;margin-right:8px}
td svg{margin-top:6px}
td[data-label]::before{content:attr(data-label) " ";color:var(--soft);font-size:13px}
.pictures{grid-template-columns:repeat(auto-fill,minmax(132px,1fr))}
}
)";

// Of a character that begins at `text[at]`: how many bytes it has; 0: it is none.
size_t CharacterAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = byte(at) < 0x80   ? 1
                        : byte(at) < 0xC2 ? 0
                        : byte(at) < 0xE0 ? 2
                        : byte(at) < 0xF0 ? 3
                                          : 4;
  if (length == 0 || byte(at) > 0xF4 || at + length > text.size()) return 0;
  for (size_t i = at + 1; i < at + length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// Text as HTML has it, between tags and within quotes. What is no character, or would not be seen, is U+FFFD.
std::string Escaped(std::string_view text, size_t most = 2000) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (at >= most) return out + "…";
    const size_t length = CharacterAt(text, at);
    const char c = text[at];
    if (length == 0 || (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) && c != '\n')) {
      out += "\xEF\xBF\xBD";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  return out;
}

// Somebody else's words, whose direction of writing ends with them.
std::string Name(std::string_view text, size_t most = 300) {
  return fmt::format("<bdi>{}</bdi>", Escaped(text, most));
}

// The hash of the style as policies name it.
std::string StyleHash() {
  const std::string hex = image::Sha256Hex(kStyle);
  std::string digest;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    digest.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return "sha256-" + Base64(digest);
}

const char* Word(std::optional<bool> passed) {
  return !passed ? "not applicable" : *passed ? "passed" : "failed";
}

const char* Class(std::optional<bool> passed) {
  return !passed ? "none" : *passed ? "ok" : "bad";
}

std::string Badge(std::optional<bool> passed) {
  return fmt::format("<span class=\"badge {}\">{}</span>", Class(passed), Word(passed));
}

std::string Plural(int64_t count, const char* one, const char* several) {
  return fmt::format("{} {}", count, count == 1 ? one : several);
}

// Of rows the share that fails, as it is; else each value beside the largest.
bool IsShare(const ReportCheck& check) {
  return check.kind != "unique" && check.kind != "freshness" && check.kind != "volume";
}

// Numbers that nobody reads to the last digit.
std::string Found(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? fmt::format("{:.4g}", number) : text;
}

// "curated.ml_ready", which may break behind its zone.
std::string TableText(const std::string& table) {
  const size_t dot = table.find('.');
  if (dot == std::string::npos) return Escaped(table);
  return Escaped(table.substr(0, dot + 1)) + "<wbr>" + Escaped(table.substr(dot + 1));
}

// A bar a run, as high as its amount; what is told of it stands in its title.
std::string History(const ReportCheck& check) {
  constexpr int kStep = 5, kWidth = 4, kHeight = 28;
  double most = IsShare(check) ? 1 : 0;
  for (const ReportPoint& point : check.history) most = std::max(most, point.amount);
  std::string out = fmt::format(
      "<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"{2}, the last: "
      "{3}\">",
      kStep * std::max<int>(10, static_cast<int>(check.history.size())), kHeight + 1,
      Plural(static_cast<int64_t>(check.history.size()), "run", "runs"),
      check.history.empty() ? "none" : Word(check.history.back().passed));
  int x = 0;
  for (const ReportPoint& point : check.history) {
    const double share = most > 0 ? std::clamp(point.amount / most, 0.0, 1.0) : 0;
    const int height = 3 + static_cast<int>(share * (kHeight - 3));
    out += fmt::format(
        "<rect class=\"b{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}: {}, {}</title></rect>",
        Class(point.passed), x, kHeight - height, kWidth, height, point.when, Word(point.passed),
        Escaped(point.message, 300));
    x += kStep;
  }
  return out + fmt::format("<line class=\"base\" x1=\"0\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/></svg>",
                           kStep * std::max<int>(10, static_cast<int>(check.history.size())), kHeight + 0.5,
                           kHeight + 0.5);
}

std::string ResultsTable(const std::vector<const ReportCheck*>& checks) {
  std::string out =
      "<table><thead><tr><th>Result</th><th>Check</th><th>Of</th><th>Severity</th><th>Found</"
      "th><th>Expected</th>"
      "<th>Runs</th></tr></thead><tbody>\n";
  for (const ReportCheck* check : checks) {
    out += fmt::format("<tr><td>{}</td><td><b>{}</b>{}</td><td data-label=\"of\">{}</td>",
                       Badge(check->passed), Name(check->name),
                       check->kind == check->name
                           ? ""
                           : fmt::format(" <span class=\"soft\">{}</span>", Escaped(check->kind)),
                       TableText(check->table));
    out += fmt::format(
        "<td data-label=\"severity\">{}</td><td>{}<br><span class=\"soft "
        "num\">{}</span></td><td "
        "data-label=\"expected\">{}</td><td>{}</td></tr>\n",
        Escaped(check->severity), Escaped(check->message, 300), check->when, Name(check->threshold),
        History(*check));
  }
  return out + "</tbody></table>\n";
}

std::string Figure(const ReportPicture& picture) {
  std::string out = "<figure>";
  if (picture.data.empty()) {
    out += fmt::format("<div class=\"blank\">{}</div>",
                       Escaped(picture.problem.empty() ? "no picture" : picture.problem, 200));
  } else {
    out += fmt::format("<img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\">", picture.data, picture.width,
                       picture.height, Escaped(picture.name, 200));
  }
  out += fmt::format("<figcaption><b title=\"{}\">{}</b>", Escaped(picture.source, 1000),
                     Name(picture.name.empty() ? "no name" : picture.name, 120));
  if (!picture.found.empty()) out += fmt::format("<span>found {}</span>", Name(Found(picture.found), 120));
  return out + fmt::format("<code title=\"{0}\">{0}</code></figcaption></figure>\n", Escaped(picture.id));
}

std::string Failing(const ReportCheck& check) {
  std::string out = fmt::format(
      "<section><div class=\"head\">{}<h3>{}</h3><span class=\"soft\">of {}, {}</span></div><p "
      "class=\"wrap\">{}; "
      "expected {}.</p>",
      Badge(check.passed), Name(check.name), Escaped(check.table), Escaped(check.severity),
      Escaped(check.message), Name(check.threshold, 2000));
  if (!check.description.empty())
    out += fmt::format("<p class=\"wrap\">{}</p>", Name(check.description, 2000));
  if (check.pictures.empty() && !check.sample_ids.empty()) {
    out += "<p class=\"soft\">Such as</p><p>";
    for (const std::string& id : check.sample_ids) out += fmt::format("<code>{}</code> ", Name(id));
    out += "</p>";
  }
  if (!check.pictures.empty()) {
    out += "<div class=\"pictures\">\n";
    for (const ReportPicture& picture : check.pictures) out += Figure(picture);
    out += "</div>";
    const int64_t more = check.rows_failed - static_cast<int64_t>(check.pictures.size());
    if (more > 0) out += fmt::format("<p class=\"soft\">and {} more</p>", more);
  }
  return out + "</section>\n";
}

std::string Tile(const std::string& number, const char* what) {
  return fmt::format("<li><b>{}</b><span class=\"soft\">{}</span></li>", number, what);
}

}  // namespace

std::string ReportPage(const ReportData& data) {
  std::vector<const ReportCheck*> asked, left;
  int64_t failed = 0, passed = 0;
  for (const ReportCheck& check : data.checks) {
    (check.is_asked ? asked : left).push_back(&check);
    if (!check.is_asked) continue;
    failed += check.passed == false ? 1 : 0;
    passed += check.passed == true ? 1 : 0;
  }
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta "
      "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src '{}'; "
      "base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>Checks of {}</title>\n<style>{}</style></head><body>\n",
      StyleHash(), Escaped(data.lake, 200), kStyle);
  out += fmt::format(
      "<header><h1 class=\"wrap\">Checks of {}</h1><p class=\"soft\">As of {}, after {} with news</p>\n<ul "
      "class=\"tiles\">",
      Name(data.lake), data.when, Plural(data.runs, "run", "runs"));
  out += Tile(std::to_string(failed), failed == 1 ? "check fails" : "checks fail");
  out += Tile(std::to_string(passed), passed == 1 ? "passes" : "pass");
  const int64_t none = static_cast<int64_t>(asked.size()) - failed - passed;
  if (none > 0) out += Tile(std::to_string(none), "not applicable");
  if (data.images) out += Tile(std::to_string(*data.images), *data.images == 1 ? "image" : "images");
  out += Tile(std::to_string(data.quarantined), "in quarantine by checks");
  out += "</ul></header>\n<main>\n";
  if (asked.empty()) {
    out += "<p>The settings ask nothing.</p>";
  } else {
    out += "<h2>Results</h2>\n" + ResultsTable(asked);
  }
  if (failed > 0) out += "<h2>What fails</h2>\n";
  for (const ReportCheck* check : asked) {
    if (check->passed == false) out += Failing(*check);
  }
  if (!left.empty()) {
    out += "<h2>No longer asked</h2>\n" + ResultsTable(left);
  }
  return out +
         "</main>\n<footer>A bar a run: how much of it fails, or its value. All of it is in "
         "<code>processed.check_results</code>; made by pixlake.</footer>\n</body></html>\n";
}

}  // namespace pixlake::engine
