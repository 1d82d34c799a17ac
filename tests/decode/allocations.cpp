#include "decode/allocations.hpp"

#include <algorithm>
#include <cstdlib>
#include <malloc.h>
#include <new>

Allocations allocations;

namespace {

void* counted(std::size_t size) {
    ++allocations.calls;
    allocations.largest = std::max(allocations.largest, size);
    if (size > allocations.limit) {
        return nullptr;
    }
    void* memory = std::malloc(size == 0 ? 1 : size);
    allocations.live += malloc_usable_size(memory);
    allocations.peak = std::max(allocations.peak, allocations.live);
    return memory;
}

void freed(void* memory) {
    allocations.live -= malloc_usable_size(memory);
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
    void* memory = counted(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

void* operator new[](std::size_t size) {
    return operator new(size);
}

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    return counted(size);
}

void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    return counted(size);
}

void operator delete(void* memory) noexcept {
    freed(memory);
}

void operator delete[](void* memory) noexcept {
    freed(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    freed(memory);
}

void operator delete[](void* memory, std::size_t /*size*/) noexcept {
    freed(memory);
}

void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept {
    freed(memory);
}

void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept {
    freed(memory);
}
