#include "server/zones_watch.h"

#include <pthread.h>

#include <chrono>

#include "waypost/model/owner_name.h"
#include "waypost/view/edit.h"

namespace waypost::server {
namespace {

constexpr std::chrono::seconds kPollPause{1};

/// What the registry must know of them: apexes, and who has which name.
view::ForeignZones ForeignZonesOf(const std::shared_ptr<const zone::ZoneSet>& zones) {
  view::ForeignZones foreign;
  for (const auto& zone : zones->zones()) foreign.apexes.emplace_back(zone->apex());
  foreign.origin = [zones](std::string_view apex, std::string_view owner) -> std::string {
    const zone::Zone* zone = zones->FindApex(apex);
    if (zone == nullptr || !zone->valid()) return {};
    const zone::Node* node = zone->Find(owner, model::Hash64(owner, zones->seed()));
    return node == nullptr || node->is_empty() ? std::string() : node->origin().str();
  };
  return foreign;
}

}  // namespace

ZonesWatch::ZonesWatch(const std::string& folder, view::View& view, telemetry::Log log, Publish publish)
    : path_(folder),
      view_(view),
      log_(std::move(log)),
      publish_(std::move(publish)),
      reader_(view.domain()),
      folder_(folder, view.name_seed(), [this](const zone::Zone& zone) { return CheckAgainstRegistry(zone); }) {}

std::vector<zone::Complaint> ZonesWatch::CheckAgainstRegistry(const zone::Zone& zone) {
  std::vector<zone::Complaint> complaints;
  const view::ReadSection section(reader_);
  const auto belongs = [&](const view::NamespaceNode* space) { return space != nullptr && space->apex == zone.apex(); };
  for (const auto& node : zone.nodes()) {
    if (node->is_empty() || node->owner() == zone.apex()) continue;
    const view::ServiceNode* service = view_.FindName(node->owner(), view_.HashName(node->owner()), nullptr);
    if (service == nullptr || !belongs(&service->in())) continue;
    complaints.push_back({node->origin(), "the namespace " + service->in().state().value.name +
                                              " has a service of this name: delete one of the two"});
  }
  return complaints;
}

model::Status ZonesWatch::Refresh(zone::Folder::Reason reason) {
  WP_TRY(refreshed, folder_.Refresh(reason));
  for (const zone::Complaint& complaint : refreshed.complaints) {
    if (complaint.fatal) {
      log_->error("{}", complaint.str());
    } else {
      log_->warn("{}", complaint.str());
    }
  }
  for (const std::string& line : refreshed.loaded) log_->info("static zone {}", line);
  for (const std::string& zone : refreshed.gone) log_->info("static zone {} is gone", zone);
  if (refreshed.zones == nullptr) return model::Ok();
  zones_ = refreshed.zones;
  view::Edit(view_).SetForeignZones(ForeignZonesOf(refreshed.zones));
  publish_(refreshed.zones);
  return model::Ok();
}

model::Status ZonesWatch::Load() {
  const std::lock_guard lock(mutex_);
  return Refresh(zone::Folder::Reason::kDemand);
}

void ZonesWatch::CheckAll() {
  const std::lock_guard lock(mutex_);
  if (zones_ == nullptr) return;
  for (const auto& zone : zones_->zones()) {
    if (!zone->valid()) continue;
    for (const zone::Complaint& complaint : CheckAgainstRegistry(*zone)) log_->error("{}", complaint.str());
  }
}

void ZonesWatch::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "zones");
}

void ZonesWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kPollPause, [this] { return stopping_; })) {
    const model::Status refreshed = Refresh(zone::Folder::Reason::kPoll);
    // Once, not every second.
    if (!refreshed.ok() && !lost_) log_->error("the static zones stay as they are: {}", refreshed.error().message);
    lost_ = !refreshed.ok();
  }
}

void ZonesWatch::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace waypost::server
