// robots.txt (RFC 9309).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pixlake::io {

// What one host's robots.txt says to us. The group of `product` counts, else that of "*".
class Robots {
 public:
  // Takes at most 500 KiB of `text` (RFC 9309, 2.5). Never fails: lines that mean nothing
  // are passed over.
  static Robots Parse(std::string_view text, std::string_view product);
  static Robots AllowAll() { return {}; }
  static Robots DisallowAll();

  // `path` with its query, as it stands in the URL. The longest pattern wins, allow on a tie.
  bool Allows(std::string_view path) const;

  double crawl_delay_seconds() const { return crawl_delay_; }

 private:
  struct Rule {
    std::string pattern;
    bool allow = false;
  };
  std::vector<Rule> rules_;
  double crawl_delay_ = 0;
};

}  // namespace pixlake::io
