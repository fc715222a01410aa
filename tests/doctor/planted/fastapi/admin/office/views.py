from django.http import JsonResponse

from office.models import Order


async def order(request, number):
    found = Order.objects.get(pk=number)  # expect: FD620
    return JsonResponse({"total": found.total})
