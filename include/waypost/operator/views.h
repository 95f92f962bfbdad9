#pragma once

#include <memory>

#include "waypost/http/router.h"
#include "waypost/model/clock.h"
#include "waypost/registry/registry.h"
#include "waypost/view/view.h"

namespace waypost::oper {

struct ViewsOptions {
  registry::Registry& registry;
  view::View& view;
  const model::Clock& clock;
};

/// Views (named queries), under `/v1`:
///   GET    /v1/views          all of them, by namespace and name
///   GET    /v1/views/{name}
///   PUT    /v1/views {"name","namespace","service","attributes":{…},"fallback"}   adds or replaces
///   DELETE /v1/views/{name}
/// A view's name is `<name>.<namespace>`, as in DNS; where `namespace` is given, what stands before that. Any thread.
/// What is given is borrowed.
class Views {
 public:
  explicit Views(const ViewsOptions& options);
  ~Views();
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;

  /// Before the HTTP server starts.
  void AddTo(http::Router& router);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::oper
