/* The one function of bcryptprimitives.dll that Rust's standard library calls, for versions of Wine that lack the library. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) {
    while (count > 0) {
        ULONG part = count > (1u << 20) ? (1u << 20) : (ULONG)count;
        if (!RtlGenRandom(bytes, part)) {
            return FALSE;
        }
        bytes += part;
        count -= part;
    }
    return TRUE;
}
