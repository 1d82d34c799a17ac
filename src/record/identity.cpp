#include "tally/record/identity.hpp"

#include <list>

#include <boost/unordered/unordered_flat_map.hpp>
#include <fmt/format.h>

#include "record/database.hpp"
#include "record/stored_identities.hpp"

namespace tally::record {

namespace {

constexpr int bucket_bits = 16;  // 65.536 s
constexpr std::int64_t timeless = -(std::int64_t{1} << 40);
constexpr std::uint64_t timeless_buckets = 4096;
constexpr std::size_t bodies_max = 1'000'000;

// A bucket that is full sends further bodies into parts of its own, far below all other numbers.
constexpr std::size_t bucket_bodies_max = 65'536;
constexpr std::int64_t parts_first = -(std::int64_t{1} << 56);
constexpr std::int64_t parent_first = -(std::int64_t{1} << 41);
constexpr int part_bits = 12;

std::int64_t part_of(std::int64_t bucket, const Hash128& hash) {
    constexpr std::uint64_t part_mask = (std::uint64_t{1} << part_bits) - 1;
    return parts_first + ((bucket - parent_first) << part_bits) + static_cast<std::int64_t>(hash.low & part_mask);
}

struct Seen {  // 16 bytes: with its hash half a line
    std::uint64_t connection = 0;
    std::uint32_t stored = 0;
    std::uint32_t shown = 0;  ///< by that connection
};

using BucketKey = std::pair<model::SourceId, std::int64_t>;

struct Bucket {
    boost::unordered_flat_map<Hash128, Seen, Hash128Hasher> bodies;
    TimeMs pruned = model::no_time;  ///< what is not newer may have been here
    std::uint64_t last_batch = 0;  ///< the newest batch that holds a new body of it
    std::list<BucketKey>::iterator use;
};

}  // namespace

/// Bodies without a time of their own have no neighbours in time: their hash spreads them.
std::int64_t identity_bucket(std::optional<TimeMs> own_time, const Hash128& hash) {
    return own_time ? *own_time >> bucket_bits : timeless - static_cast<std::int64_t>(hash.high % timeless_buckets);
}

std::int64_t identity_bucket_of_part(std::int64_t bucket) {
    constexpr std::int64_t parts_last = parts_first / 2;
    return bucket > parts_last ? bucket : ((bucket - parts_first) >> part_bits) + parent_first;
}

IdentityBuckets identity_buckets_before(TimeMs time) {
    const std::int64_t last = ((time + 1) >> bucket_bits) - 1;
    return {.first = timeless + 1, .last = last,
            .first_part = parts_first + ((timeless + 1 - parent_first) << part_bits),
            .last_part = parts_first + ((last + 1 - parent_first) << part_bits) - 1};
}

class Identity::Impl {
  public:
    explicit Impl(const std::string& path)
        : path_(path) {
        reopen();
    }

    void reopen() {
        auto db = std::make_unique<Database>(path_, Database::Mode::read);
        stored_ = std::make_unique<StoredIdentities>(*db);  // before its connection
        pruned_ = db->prepare("SELECT pruned_ms FROM source WHERE source_id = ?");
        db_ = std::move(db);
    }

    Bucket& bucket(const BucketKey& key) {
        if (last_ != nullptr && key == last_key_) {
            return *last_;
        }
        auto found = buckets_.find(key);
        if (found == buckets_.end()) {
            forget();
            found = buckets_.emplace(key, std::make_unique<Bucket>()).first;
            load(key, *found->second);
            uses_.push_front(key);
            found->second->use = uses_.begin();
        } else {
            uses_.splice(uses_.begin(), uses_, found->second->use);
        }
        last_key_ = key;
        last_ = found->second.get();
        return *last_;
    }

    bool is_new(const Input& input, model::Batch& out) {
        std::int64_t number = identity_bucket(input.own_time, input.hash);
        Bucket* whole = &bucket({input.source, number});
        if (whole->bodies.size() >= bucket_bodies_max && !whole->bodies.contains(input.hash)) {
            number = part_of(number, input.hash);
            whole = &bucket({input.source, number});
        }
        Bucket& target = *whole;
        const auto [found, first] = target.bodies.try_emplace(input.hash);
        if (first && input.own_time && *input.own_time <= target.pruned) {
            target.bodies.erase(found);
            ++too_old_;
            return false;
        }
        Seen& seen = found->second;
        bodies_ += first ? 1 : 0;
        if (seen.connection != input.connection) {
            seen.connection = input.connection;
            seen.shown = 0;
        }
        if (++seen.shown <= seen.stored) {
            return false;
        }
        ++seen.stored;
        target.last_batch = made_ + 1;
        out.identities.push_back(
            {.source = input.source, .bucket = number, .connection = input.connection, .hash = input.hash}
        );
        return true;
    }

    [[nodiscard]] std::int64_t too_old() const { return too_old_; }

    void commits(std::uint64_t made, std::uint64_t committed) {
        made_ = made;
        committed_ = committed;
        waits_ = waits_ && committed == 0;
    }

    void wait_for_commit() { waits_ = true; }

  private:
    void load(const BucketKey& key, Bucket& target) {
        if (waits_) {
            return;
        }
        stored_->each(key.first, key.second, [&target](std::uint64_t connection, const Hash128& hash) {
            Seen& seen = target.bodies[hash];
            // A body is stored when its connection shows it once more than it is stored.
            seen = {.connection = connection, .stored = seen.stored + 1, .shown = seen.stored + 1};
        });
        bodies_ += target.bodies.size();
        // Behind the hashes: they may be pruned meanwhile.
        pruned_.bind_all(key.first);
        target.pruned = pruned_.step() ? pruned_.time(0) : model::no_time;
        pruned_.reset();
    }

    void forget() {
        for (auto use = uses_.end(); bodies_ > bodies_max && use != uses_.begin();) {
            --use;
            const auto found = buckets_.find(*use);
            if (found->second->last_batch > committed_) {
                continue;
            }
            bodies_ -= found->second->bodies.size();
            if (found->second.get() == last_) {
                last_ = nullptr;
            }
            buckets_.erase(found);
            use = uses_.erase(use);
        }
    }

    std::string path_;
    std::unique_ptr<Database> db_;
    std::unique_ptr<StoredIdentities> stored_;
    Statement pruned_;
    std::int64_t too_old_ = 0;
    boost::unordered_flat_map<BucketKey, std::unique_ptr<Bucket>, boost::hash<BucketKey>> buckets_;
    std::list<BucketKey> uses_;  ///< most recently used first
    BucketKey last_key_;
    Bucket* last_ = nullptr;
    std::size_t bodies_ = 0;
    std::uint64_t made_ = 0;
    std::uint64_t committed_ = 0;
    bool waits_ = false;  ///< for the first commit, and reads nothing
};

Identity::Identity(const std::string& path) {
    try {
        impl_ = std::make_unique<Impl>(path);
    } catch (const SqliteError& error) {
        throw CannotStart{fmt::format("cannot read database {}: {}", path, error.what)};
    }
}

Identity::~Identity() = default;

bool Identity::is_new(const Input& input, model::Batch& out) { return impl_->is_new(input, out); }

std::int64_t Identity::too_old() const { return impl_->too_old(); }

void Identity::wait_for_commit() { impl_->wait_for_commit(); }

Result<void> Identity::reopen() {
    try {
        impl_->reopen();
        return {};
    } catch (const SqliteError& error) {
        return Error{error.what};
    }
}

void Identity::commits(std::uint64_t made, std::uint64_t committed) { impl_->commits(made, committed); }

}  // namespace tally::record
