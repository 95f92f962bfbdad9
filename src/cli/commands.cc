#include "waypost/cli/commands.h"

#include "cli/command.h"

namespace waypost::cli {

struct Commands::Impl {
  CommandList list;
};

Commands::Commands() : impl_(std::make_unique<Impl>()) {}
Commands::~Commands() = default;

void Commands::AddTo(CLI::App& app) {
  CommandList& list = impl_->list;
  AddExplain(app, list);
  CLI::App* health = app.add_subcommand("health", "what is known of instances' health, and ways to set it for a test");
  health->require_subcommand(1);
  AddHistory(*health, list);
  AddPin(*health, list);
  AddUnpin(*health, list);
  AddDrain(*health, list);
  AddPins(*health, list);
  AddRecheck(*health, list);
  AddShift(app, list);
  AddViews(app, list);
  AddFailoverTest(app, list);
}

std::optional<int> Commands::Run() const {
  for (const Command& command : impl_->list) {
    if (command.declared->parsed()) return command.run();
  }
  return std::nullopt;
}

std::string OneLine(const CLI::App* app, const CLI::Error& error) {
  std::string asked = app->get_name();
  for (std::vector<CLI::App*> below = app->get_subcommands(); !below.empty();) {
    asked += " " + below.front()->get_name();
    below = below.front()->get_subcommands();
  }
  return "waypost: " + std::string(error.what()) + "; see " + asked + " --help\n";
}

}  // namespace waypost::cli
