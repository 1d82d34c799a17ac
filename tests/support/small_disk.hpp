#pragma once

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "support/scratch.hpp"

namespace tally::test {

/// A disk of its own for one test (a tmpfs): may be filled, and freed again. Only root may mount; why_not() says so then.
class SmallDisk {
  public:
    explicit SmallDisk(const std::string& size) {
        const std::string options = "size=" + size;
        if (::mount("tmpfs", folder_.file("").c_str(), "tmpfs", 0, options.c_str()) != 0) {
            why_not_ = std::string("cannot mount a tmpfs (needs root): ") + std::strerror(errno);
        }
    }
    ~SmallDisk() {
        if (why_not_.empty()) {
            ::umount2(folder_.file("").c_str(), MNT_DETACH);
        }
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    [[nodiscard]] const std::string& why_not() const { return why_not_; }
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

    /// Takes all the room there is.
    void fill() const {
        std::ofstream ballast(file("ballast"), std::ios::binary | std::ios::app);
        const std::string page(4096, 'b');
        while (ballast.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
        }
    }
    /// Leaves that much of it again.
    void free(std::uint64_t bytes) const {
        const std::uint64_t size = std::filesystem::file_size(file("ballast"));
        std::filesystem::resize_file(file("ballast"), size - std::min(size, bytes));
    }

    [[nodiscard]] bool remount_read_only() const { return remount(MS_RDONLY); }
    [[nodiscard]] bool remount_writable() const { return remount(0); }

  private:
    [[nodiscard]] bool remount(unsigned long flags) const {
        return ::mount("tmpfs", folder_.file("").c_str(), "tmpfs", MS_REMOUNT | flags, nullptr) == 0;
    }

    Scratch folder_;
    std::string why_not_;
};

}  // namespace tally::test
