#include "cli/fetch_options.h"

#include "base/memory/byte_size.h"

#include "cli/command.h"

namespace pixlake::cli {

void AddSizeOption(CLI::App* command, const std::string& name, const std::string& what, int64_t* bytes) {
  command
      ->add_option_function<std::string>(
          name,
          [name, bytes](const std::string& text) {
            const auto size = ParseByteSize(text);
            if (!size.ok() || *size < 1) throw CLI::ValidationError(name, "'" + text + "' is no size");
            *bytes = *size;
          },
          what)
      ->type_name("SIZE");
}

void AddQuoteOption(CLI::App* command, file::Quoting* quoting) {
  command
      ->add_option_function<std::string>(
          "--quote", [quoting](const std::string& text) { *quoting = *file::QuotingFromName(text); },
          "Of a list: `csv` values may be in quotes, `none` a quote is a letter (default: none with tabs)")
      ->type_name("none|csv")
      ->check(CLI::IsMember({"none", "csv"}));
}

void AddFetchOptions(CLI::App* command, io::FetchOptions* options) {
  const std::string group = "Fetching (http, https, s3, gs, hdfs)";
  command->add_option("--connections", options->connections, "Requests at once")
      ->type_name("N")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str()
      ->group(group);
  command->add_option("--per-host", options->connections_per_host, "Requests at once to one host")
      ->type_name("N")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str()
      ->group(group);
  command->add_option("--attempts", options->attempts, "Tries of one URL on what may pass")
      ->type_name("N")
      ->check(CLI::Range(1, 20))
      ->capture_default_str()
      ->group(group);
  command->add_option("--connect-timeout", options->connect_timeout_seconds, "Seconds for a connection")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 600))
      ->capture_default_str()
      ->group(group);
  command->add_option("--stall-timeout", options->stall_timeout_seconds, "Seconds without a byte")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--request-timeout", options->total_timeout_seconds, "Seconds for one request, all in all")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str()
      ->group(group);
  AddSizeOption(command, "--max-bytes", "Larger bodies are a failure (default 256MB)", &options->max_bytes);
  command->get_option("--max-bytes")->group(group);
  command
      ->add_option("--user-agent", options->user_agent,
                   "What servers are told of us (default pixlake/VERSION)")
      ->type_name("TEXT")
      ->group(group);
  command
      ->add_flag("--allow-private", options->allow_private,
                 "Also addresses that are not public: this machine's, a company's network")
      ->group(group);
  command
      ->add_flag_callback(
          "--ignore-robots", [options] { options->obey_robots = false; },
          "Do not ask for robots.txt: for your own servers")
      ->group(group);
}

}  // namespace pixlake::cli
