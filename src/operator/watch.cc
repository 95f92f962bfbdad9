#include "waypost/operator/watch.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace waypost::oper {

namespace asio = boost::asio;

struct Watch::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::vector<std::function<void()>> at_stop;
  std::mutex mutex;  // of `stopped`, and so of the order of the last tasks
  bool stopped = false;
  std::thread thread;
};

Watch::Watch() : impl_(std::make_unique<Impl>()) {}

Watch::~Watch() { Stop(); }

void Watch::Start() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopped || impl_->thread.joinable()) return;
  impl_->thread = std::thread([impl = impl_.get()] { impl->context.run(); });
}

void Watch::Stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopped) return;
    impl_->stopped = true;
    // Behind everything that was posted: nobody who came in time is forgotten.
    for (std::function<void()>& task : impl_->at_stop) asio::post(impl_->context, std::move(task));
    impl_->work.reset();
  }
  if (impl_->thread.joinable()) {
    impl_->thread.join();
  } else {
    impl_->context.run();
  }
}

bool Watch::Post(std::function<void()> task) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopped) return false;
  asio::post(impl_->context, std::move(task));
  return true;
}

void Watch::AtStop(std::function<void()> task) { impl_->at_stop.push_back(std::move(task)); }

asio::io_context& Watch::context() { return impl_->context; }

}  // namespace waypost::oper
