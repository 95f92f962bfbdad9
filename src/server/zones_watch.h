#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "waypost/telemetry/log.h"
#include "waypost/view/view.h"
#include "waypost/zone/folder.h"

namespace waypost::server {

/// Keeps the static zones as their files are: reads them at start, when they change, and on demand. What is wrong goes
/// into the log, with file and line.
class ZonesWatch {
 public:
  /// Called with each new set, by one thread at a time.
  using Publish = std::function<void(std::shared_ptr<const zone::ZoneSet>)>;

  ZonesWatch(const std::string& folder, view::View& view, telemetry::Log log, Publish publish);
  ~ZonesWatch() { Stop(); }
  ZonesWatch(const ZonesWatch&) = delete;
  ZonesWatch& operator=(const ZonesWatch&) = delete;

  /// Reads all files, for the first time or again. Err: kIo, kPermission: the folder cannot be read.
  model::Status Load();
  /// Complains about names that the registry has too, once that is loaded.
  void CheckAll();
  /// Follows changes from now on, on a thread of its own.
  void Start();
  void Stop();

 private:
  void Run();
  model::Status Refresh(zone::Folder::Reason reason);
  std::vector<zone::Complaint> CheckAgainstRegistry(const zone::Zone& zone);

  const std::string path_;
  view::View& view_;
  telemetry::Log log_;
  Publish publish_;
  std::mutex mutex_;  // of all below
  view::Reader reader_;
  zone::Folder folder_;
  std::shared_ptr<const zone::ZoneSet> zones_;
  bool lost_ = false;  // the folder could not be read last time
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace waypost::server
