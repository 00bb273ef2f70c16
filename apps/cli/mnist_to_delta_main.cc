// mnist-to-delta: `pixlake mnist-to-delta` under its own name (M0.6).
#include "cli/command.h"

int main(int argc, char** argv) {
  CLI::App program("MNIST to PNG files and a Delta table.", "mnist-to-delta");
  pixlake::cli::SetUpMnist(&program);
  return pixlake::cli::RunProgram(&program, argc, argv);
}
