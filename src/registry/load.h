#pragma once

#include "waypost/model/result.h"
#include "waypost/store/store.h"
#include "waypost/view/view.h"

namespace waypost::registry {

/// Reads the whole store into an empty view, with so many threads, and marks it ready. Err: kCorrupt (names the key),
/// kTooNew, kIo; the view is then useless.
model::Status LoadView(const store::Store& store, view::View& view, unsigned threads);

}  // namespace waypost::registry
