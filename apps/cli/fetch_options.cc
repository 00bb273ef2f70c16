#include "cli/fetch_options.h"

#include "base/byte_size.h"

#include "cli/command.h"

namespace pixlake::cli {

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
  command
      ->add_option_function<std::string>(
          "--max-bytes",
          [options](const std::string& text) {
            const auto bytes = ParseByteSize(text);
            if (!bytes.ok() || *bytes < 1)
              throw CLI::ValidationError("--max-bytes", "'" + text + "' is no size");
            options->max_bytes = *bytes;
          },
          "Larger bodies are a failure (default 256MB)")
      ->type_name("SIZE")
      ->group(group);
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
